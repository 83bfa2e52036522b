import { isFinal } from './final-error.ts'
import type { CommittedOffset, ExpiredRecords, PartitionBounds, TopicPartition } from './group-source.ts'
import type { KafkajsCluster } from './kafkajs-insides.ts'
import { type Committer, readBoundsWhereLed } from './partition-bounds.ts'
import { toKey } from './partition-key.ts'
import { wait } from './wait.ts'

/** Between two tries to read where to begin, ms. */
const RETRY_MS = 200

/** Where reading begins in a partition. */
export type Position = Omit<CommittedOffset, 'metadata'>

/** What is told on the way. */
export interface LocateEvents {
  /** False when the assignment has ended. */
  isCurrent(): boolean
  found(positions: readonly Position[]): void
  expired(gap: ExpiredRecords): void
  /** Why some are not found yet; undefined when all are. */
  trouble(why: string | undefined): void
}

/**
 * Finds where to begin: what was committed, or the first offset. Those whose leaders answer do not wait for the others.
 *
 * @throws a final error, see `isFinal`
 */
export async function locatePartitions(
  cluster: KafkajsCluster,
  group: Committer,
  partitions: readonly TopicPartition[],
  events: LocateEvents,
): Promise<void> {
  let left = partitions
  events.trouble(undefined)
  while (left.length > 0 && events.isCurrent()) {
    const { bounds, failure } = await readBoundsWhereLed(cluster, group, left)
    if (failure !== undefined && isFinal(failure)) throw failure
    if (!events.isCurrent()) return
    const found = new Set(bounds.map(toKey))
    left = left.filter((at) => !found.has(toKey(at)))
    events.trouble(left.length === 0 ? undefined : toText(failure))
    events.found(bounds.map((bound) => begin(bound, events)))
    if (left.length === 0) return
    await wait(RETRY_MS)
    // A leader that does not answer may be none any more; the client does not ask by itself.
    await cluster.refreshMetadata().catch(() => undefined)
  }
}

function begin({ topic, partition, committed, low }: PartitionBounds, events: LocateEvents): Position {
  if (committed === undefined) return { topic, partition, offset: low }
  if (committed.offset >= low) return { topic, partition, offset: committed.offset }
  events.expired({ topic, partition, from: committed.offset, to: low })
  return { topic, partition, offset: low }
}

function toText(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
