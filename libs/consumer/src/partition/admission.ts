import type { PartitionState } from './partition-state.ts'

/** How much of a partition is held in memory. */
export interface PartitionLimits {
  /** Main records that are read and not settled: bounds the commit metadata. */
  readonly maxUnsettled: number
  /** Records in the retry topic: bounds the rebuild after an assignment. */
  readonly maxParked: number
  readonly maxHeldBytes: number
}

/** Why nothing more of the main topic is read for now; undefined: it may be read. The retry topic always may. */
export type Reluctance = 'rebuilding' | 'draining' | 'unsettled' | 'parked' | 'bytes' | undefined

/** Why the next main record may not be delivered yet. Parked records never wait for it, so that they can drain. */
export function reluctanceOf<P>(state: PartitionState<P>, limits: PartitionLimits): Reluctance {
  if (!state.rules.retryWasRead(state.retry.position, state.retryEnd)) return 'rebuilding'
  if (state.draining) return 'draining'
  if (state.main.unsettled >= limits.maxUnsettled) return 'unsettled'
  if (state.parked >= limits.maxParked) return 'parked'
  return state.heldBytes >= limits.maxHeldBytes ? 'bytes' : undefined
}
