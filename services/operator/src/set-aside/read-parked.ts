import { listParked } from '@murmuration/consumer'
import type { KafkaRecord, PartitionBounds, TopicNames, TopicReader } from '@murmuration/kafka'
import type { Lane } from './choose-consumers.ts'
import type { ParkedRecord } from './set-aside-record.ts'

/** A retry partition as it is now: what it holds, settled or not, and what of it waits. */
export interface RetryPartition {
  readonly lane: Lane
  readonly bounds: PartitionBounds
  readonly records: readonly KafkaRecord[]
  readonly parked: readonly ParkedRecord[]
}

/**
 * Reads the retry partitions of a lane, one after the other, each dropped before the next is read.
 *
 * @throws {KafkaUnavailableError} @throws {KafkaRefusedError} @throws {CommitUnreadableError}
 */
export async function* readRetryPartitions(
  lane: Lane,
  { reader, names }: { readonly reader: TopicReader; readonly names: TopicNames },
): AsyncGenerator<RetryPartition> {
  const bounds = await reader.bounds(names.group(lane.consumer), [lane.mainTopic, lane.retryTopic])
  const mains = new Map(bounds.filter(({ topic }) => topic === lane.mainTopic).map((main) => [main.partition, main]))
  for (const retry of bounds.filter(({ topic }) => topic === lane.retryTopic)) {
    const main = mains.get(retry.partition)
    if (main === undefined) continue
    const records: KafkaRecord[] = []
    const { topic, partition, low, high } = retry
    await reader.read({ topic, partition, from: low, to: high }, (read) => {
      records.push(...read)
    })
    const parked = listParked({ main, retry }, records, lane).map(
      ({ origin, record, ...entry }): ParkedRecord => ({
        ...entry,
        consumer: lane.consumer,
        topic: lane.topic,
        partition,
        offset: origin,
        eventId: undefined,
        setAsideAtMs: record.timestampMs,
        record,
      }),
    )
    yield { lane, bounds: retry, records, parked }
  }
}
