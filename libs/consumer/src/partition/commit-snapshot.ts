import { encodeMetadata, type Fence } from './commit-metadata.ts'
import { type Settlement, settlementOf } from './offset-tracker.ts'
import type { PartitionState } from './partition-state.ts'

/** An offset to commit, with what is done above it. */
export interface CommitEntry {
  readonly offset: number
  readonly metadata: string
}

/** What may be committed of a partition at one moment. Both entries go into one request, or neither. */
export interface CommitSnapshot {
  readonly main: CommitEntry
  readonly retry: CommitEntry
}

/** Takes the snapshot. The first one of an assignment is committed before anything else is done: it sets the fence. */
export function snapshotOf<P>(state: PartitionState<P>): CommitSnapshot {
  return {
    main: toEntry(settlementOf(state.main), []),
    retry: toEntry(settlementOf(state.retry), fencesOf(state)),
  }
}

/** Earlier fences count until every record below the own one was read, and judged by them. */
function fencesOf<P>({ fences, retry, retryEnd }: PartitionState<P>): readonly Fence[] {
  return retry.position >= retryEnd ? fences.slice(-1) : fences
}

function toEntry({ offset, done }: Settlement, fences: readonly Fence[]): CommitEntry {
  return { offset, metadata: encodeMetadata(offset, { done, fences }) }
}
