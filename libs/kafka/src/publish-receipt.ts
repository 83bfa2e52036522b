import type { TopicPartition } from './group-source.ts'

/** Where the records of an acknowledged `publish` lie. */
export interface PublishReceipt {
  /**
   * The offset after the last record that the acknowledged request wrote to a partition; undefined when it wrote none
   * there. Topic as the cluster knows it. An upper bound: the request may have been shared with other calls.
   */
  endOf(topic: string, partition: number): number | undefined
}

/** A batch in the log, and the offset after its last record. */
export interface WrittenBatch extends TopicPartition {
  readonly end: number
}

/** Reads a receipt out of what was written, only when it is asked: most callers never do. */
export function createReceipt(written: readonly WrittenBatch[]): PublishReceipt {
  return {
    // The last one: what goes to one partition is written in order.
    endOf: (topic, partition) =>
      written.findLast((batch) => batch.topic === topic && batch.partition === partition)?.end,
  }
}
