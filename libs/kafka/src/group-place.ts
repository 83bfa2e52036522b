import type { Logger } from '@murmuration/observability'
import type { DescribedGroup } from './group-coordinator.ts'
import { GroupPlaceTakenError } from './kafka-errors.ts'
import type { AcquireMachineLock, MachineLock } from './machine-lock.ts'
import { wait } from './wait.ts'

/** Between two looks whether the place is free, ms. */
const POLL_MS = 200
/** How much longer than a session a holder is watched: it has been given up by then, unless it lives. */
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
  claim(describe: () => Promise<DescribedGroup>): Promise<void>
  /** What is waited for, and for how long at most. */
  problem(): string | undefined
  /** Leaves the place to others of this machine. */
  release(): void
}

/** Who may be at work under a client id. */
export interface PlaceHolder {
  /** For people. */
  readonly name: string
  /**
   * What is seen to live when it is still the same after a session. Undefined while the group rebalances: it gives nobody
   * up who has joined, dead or not, and a session begins at the rebalance's end.
   */
  readonly evidence: string | undefined
}

/** What a place needs. */
export interface GroupPlaceOptions {
  readonly clientId: string
  /** What the place is locked by on this machine: unique to cluster, group and client id. */
  readonly lockName: () => Promise<string>
  readonly acquireLock: AcquireMachineLock
  readonly sessionTimeoutMs: number
  /** Longest time that a rebalance takes, ms. */
  readonly rebalanceTimeoutMs: number
  readonly nowMs: () => number
  readonly signal: AbortSignal
  readonly logger: Logger
}

/**
 * Creates a place that is not held yet.
 *
 * A static member that joins takes the place of whoever has it, and that one hears of it later: both would work. So a
 * process joins only when the one before it has left, has been given up by the group, or is certainly dead: it was of this
 * machine, where this process now has its lock.
 */
export function createGroupPlace(options: GroupPlaceOptions): GroupPlace {
  const { clientId, signal, nowMs } = options
  const patienceMs = options.sessionTimeoutMs * PATIENCE_PER_SESSION
  let lock: MachineLock | undefined
  let problem: string | undefined

  async function acquire(): Promise<MachineLock | undefined> {
    const acquired = await options.acquireLock(await options.lockName())
    if (acquired?.machine === undefined && acquired !== undefined) {
      const reason = acquired.reason ?? 'unknown'
      options.logger.warn('no lock on this machine: a process that starts again waits for a session', { reason })
    }
    return acquired
  }

  async function findHolder(describe: () => Promise<DescribedGroup>): Promise<PlaceHolder | undefined> {
    lock ??= await acquire()
    if (lock === undefined) return { name: 'another process of this machine', evidence: 'lock' }
    return findPredecessor(await describe(), { clientId, machine: lock.machine })
  }

  async function untilFree(describe: () => Promise<DescribedGroup>): Promise<void> {
    const untilMs = nowMs() + options.rebalanceTimeoutMs + patienceMs
    let seen: { readonly evidence: string | undefined; readonly sinceMs: number } | undefined
    while (!signal.aborted) {
      const holder = await findHolder(describe)
      if (holder === undefined) return
      const now = nowMs()
      const { name, evidence } = holder
      if (evidence === undefined || evidence !== seen?.evidence) seen = { evidence, sinceMs: now }
      const isAlive = evidence !== undefined && now - seen.sinceMs >= patienceMs
      if (isAlive || now >= untilMs) throw new GroupPlaceTakenError({ clientId, holder: name })
      const leftSeconds = Math.ceil((untilMs - now) / 1_000)
      problem = `waits for ${name} to give up its place as ${clientId}, for ${leftSeconds} s at most`
      await wait(POLL_MS, signal)
    }
  }

  return {
    machine: () => lock?.machine,
    problem: () => problem,
    claim: (describe) =>
      untilFree(describe).finally(() => {
        problem = undefined
      }),
    release() {
      lock?.release()
      lock = undefined
    },
  }
}

/** Who may still be at work under our client id; undefined: nobody. Pure. */
export function findPredecessor(
  group: DescribedGroup,
  own: { readonly clientId: string; readonly machine: string | undefined },
): PlaceHolder | undefined {
  const holder = group.members.find(({ clientId }) => clientId === own.clientId)
  if (holder === undefined) return undefined
  // Its machine is not told while the group rebalances.
  const isOurs = own.machine !== undefined && holder.machine === own.machine
  if (isOurs) return undefined
  return { name: `the member at ${holder.host}`, evidence: group.isStable ? holder.memberId : undefined }
}
