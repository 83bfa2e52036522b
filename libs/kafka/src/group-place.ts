import type { DescribedMember } from './group-coordinator.ts'
import { GroupPlaceTakenError } from './kafka-errors.ts'
import type { AcquireMachineLock, MachineLock } from './machine-lock.ts'
import { wait } from './wait.ts'

/** Between two looks whether the place is free, ms. */
const POLL_MS = 200
/** How much longer than a session a place is waited for: its holder has been given up by then, unless it lives. */
const PATIENCE_PER_SESSION = 1.25

/** A member's place in its group: its client id. */
export interface GroupPlace {
  /** The machine on which this process holds the place; undefined while it does not, or where there is no telling. */
  machine(): string | undefined
  /**
   * Waits until nobody else can be at work under the client id. Comes back early when the signal is aborted.
   *
   * @param describe asks the group for its members @throws {GroupPlaceTakenError} whoever has it lives; what `describe` throws
   */
  claim(describe: () => Promise<readonly DescribedMember[]>): Promise<void>
  /** What is waited for. */
  problem(): string | undefined
  /** Leaves the place to others of this machine. */
  release(): void
}

/**
 * Creates a place that is not held yet.
 *
 * A static member that joins takes the place of whoever has it, and that one hears of it later: both would work. So a
 * process joins only when the one before it has left, has been given up by the group, or is certainly dead: it was of this
 * machine, where this process now has its lock.
 */
export function createGroupPlace(options: {
  readonly clientId: string
  /** What the place is locked by on this machine: unique to cluster, group and client id. */
  readonly lockName: () => Promise<string>
  readonly acquire: AcquireMachineLock
  readonly sessionTimeoutMs: number
  readonly nowMs: () => number
  readonly signal: AbortSignal
}): GroupPlace {
  const { clientId, signal, nowMs } = options
  let lock: MachineLock | undefined
  let problem: string | undefined

  async function findHolder(describe: () => Promise<readonly DescribedMember[]>): Promise<string | undefined> {
    lock ??= await options.acquire(await options.lockName())
    if (lock === undefined) return 'another process of this machine'
    return findPredecessor(await describe(), { clientId, machine: lock.machine })
  }

  return {
    machine: () => lock?.machine,
    problem: () => problem,
    async claim(describe) {
      const untilMs = nowMs() + options.sessionTimeoutMs * PATIENCE_PER_SESSION
      try {
        while (!signal.aborted) {
          const holder = await findHolder(describe)
          if (holder === undefined) return
          if (nowMs() >= untilMs) throw new GroupPlaceTakenError({ clientId, holder })
          problem = `waits for ${holder} to give up its place as ${clientId}`
          await wait(POLL_MS, signal)
        }
      } finally {
        problem = undefined
      }
    },
    release() {
      lock?.release()
      lock = undefined
    },
  }
}

/** Who may still be at work under our client id, for people; undefined: nobody. Pure. */
export function findPredecessor(
  members: readonly DescribedMember[],
  own: { readonly clientId: string; readonly machine: string | undefined },
): string | undefined {
  const holder = members.find(({ clientId }) => clientId === own.clientId)
  if (holder === undefined) return undefined
  // Its machine is not told while the group rebalances.
  const isOurs = own.machine !== undefined && holder.machine === own.machine
  return isOurs ? undefined : `the member at ${holder.host}`
}
