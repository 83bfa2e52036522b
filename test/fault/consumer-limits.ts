import { type RunningGroup, toSeconds } from './consumer-group.ts'
import type { Member } from './consumer-members.ts'
import { isLongRun } from './seeded.ts'

/** What a member that fell silent keeps its partitions for, as libs/kafka sets it, ms. */
export const SESSION_MS = 10_000
/** The promise: session time-out and two seconds. */
export const TAKEOVER_LIMIT_MS = SESSION_MS + 2_000
/** The promise, from when the process runs our code. */
export const REJOIN_LIMIT_MS = 2_000
/** More rounds where the run may take longer. */
export const ROUNDS = isLongRun ? 3 : 1

export function pick({ members, random }: RunningGroup): Member {
  const member = members.all[Math.floor(random() * members.all.length)]
  if (member === undefined) throw new RangeError('no member')
  return member
}

/** Starts a member again. @returns how long it took until it worked */
export async function restart(group: RunningGroup, member: Member) {
  member.start()
  return group.untilWorking(member)
}

/** A sentence for each of those times that is over the limit. */
export function over(limitMs: number, what: string, times: readonly number[]): readonly string[] {
  return times.filter((ms) => ms > limitMs).map((ms) => `${what} after ${toSeconds(ms)}`)
}

export function longest(times: readonly number[]): string {
  return toSeconds(Math.max(...times))
}
