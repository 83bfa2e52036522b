import type { PartitionState } from './partition-state.ts'

/** How much of a partition is held in memory. */
export interface PartitionLimits {
  /** Main records that are read and not settled: bounds the commit metadata. */
  readonly maxUnsettled: number
  /** Records in the retry topic: bounds the rebuild after an assignment. */
  readonly maxParked: number
  readonly maxHeldBytes: number
  /** Records that took effect and are not committed: bounds what a next owner repeats, and the outcomes in memory. */
  readonly maxUncommitted: number
  /** Main records that are fetched and not delivered to the reducer: what keeps the fetches from stalling. */
  readonly maxBufferedRecords: number
  readonly maxBufferedBytes: number
}

/** For one partition. With twelve of each of three topics, and records of 1 KB: some 100 MB at the very most. */
export const defaultLimits: PartitionLimits = {
  maxUnsettled: 1_000,
  maxParked: 5_000,
  maxHeldBytes: 8 * 1_048_576,
  maxUncommitted: 10_000,
  maxBufferedRecords: 5_000,
  maxBufferedBytes: 4 * 1_048_576,
}

/** Why nothing more of the main topic is read for now; undefined: it may be read. The retry topic always may. */
export type Reluctance = 'rebuilding' | 'draining' | 'unsettled' | 'parked' | 'bytes' | undefined

/** Why the next main record may not be delivered yet. Parked records never wait for it, so that they can drain. */
export function reluctanceOf<P>(
  state: PartitionState<P>,
  limits: Pick<PartitionLimits, 'maxUnsettled' | 'maxParked' | 'maxHeldBytes'>,
): Reluctance {
  if (!state.rules.retryWasRead(state.retry.position, state.retryEnd)) return 'rebuilding'
  if (state.draining) return 'draining'
  if (state.main.unsettled.size >= limits.maxUnsettled) return 'unsettled'
  if (state.parked >= limits.maxParked) return 'parked'
  return state.heldBytes >= limits.maxHeldBytes ? 'bytes' : undefined
}
