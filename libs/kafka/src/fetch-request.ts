import type { TopicPartition } from './group-source.ts'

/**
 * Largest part of a fetch for one partition, and of the whole, bytes. A single batch that is larger comes all the same. An
 * answer is decoded in one go, and meanwhile nothing else is done: some milliseconds for a megabyte of one partition.
 */
const MAX_PARTITION_BYTES = 131_072
const MAX_FETCH_BYTES = 8 * 1_048_576

/**
 * A fetch of some partitions. They take turns at the front: what a large one leaves no room for comes first the next time.
 *
 * @param options.waitMs longest wait of the broker for records @param options.turn grows with each fetch
 */
export function toFetchRequest(
  lanes: readonly (TopicPartition & { readonly position: number })[],
  { waitMs, turn }: { readonly waitMs: number; readonly turn: number },
): object {
  const first = turn % lanes.length
  const inTurn = [...lanes.slice(first), ...lanes.slice(0, first)]
  return {
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes: MAX_FETCH_BYTES,
    rackId: '',
    topics: inTurn.map(({ topic, partition, position }) => ({
      topic,
      partitions: [{ partition, fetchOffset: String(position), maxBytes: MAX_PARTITION_BYTES }],
    })),
  }
}
