import { fetchCommitted } from './group-coordinator.ts'
import type { PartitionBounds, TopicPartition } from './group-source.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import type { BrokerHandle, KafkajsCluster } from './kafkajs-insides.ts'
import { toKey } from './partition-key.ts'

/** What is held of partitions: the first offset, and the one after the last that readers may see. */
export interface HeldOffsets extends TopicPartition {
  readonly low: number
  readonly high: number
}

/**
 * What a group has committed of partitions, and what is held of them.
 *
 * @throws the client's own errors @throws {KafkaUnavailableError} a partition without a leader
 */
export async function readBounds(
  cluster: KafkajsCluster,
  group: { readonly groupId: string; readonly coordinator: () => Promise<BrokerHandle> },
  partitions: readonly TopicPartition[],
): Promise<readonly PartitionBounds[]> {
  if (partitions.length === 0) return []
  const [committed, held] = await Promise.all([
    group.coordinator().then((broker) => fetchCommitted(broker, group.groupId, partitions)),
    readHeld(cluster, partitions),
  ])
  const committedAt = new Map(committed.map((found) => [toKey(found), found]))
  return held.map((found) => {
    const { offset, metadata } = committedAt.get(toKey(found)) ?? {}
    return { ...found, committed: offset === undefined ? undefined : { offset, metadata: metadata ?? '' } }
  })
}

/** What is held of partitions. @throws as `readBounds` */
export async function readHeld(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
): Promise<readonly HeldOffsets[]> {
  const [lows, highs] = await Promise.all([
    listOffsets(cluster, partitions, { fromBeginning: true }),
    listOffsets(cluster, partitions, { fromBeginning: false }),
  ])
  return partitions.map(({ topic, partition }) => {
    const low = lows.get(toKey({ topic, partition }))
    const high = highs.get(toKey({ topic, partition }))
    if (low === undefined || high === undefined) throw new KafkaUnavailableError(`${topic}/${partition} has no leader`)
    return { topic, partition, low, high }
  })
}

async function listOffsets(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
  options: { readonly fromBeginning: boolean },
): Promise<ReadonlyMap<string, number>> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition }) => ({ partition })),
    ...options,
  }))
  const found = await cluster.listOffsets(topics)
  return new Map(
    found.flatMap(({ topic, partitions: list }) =>
      list.map(({ partition, offset }) => [toKey({ topic, partition }), Number(offset)] as const),
    ),
  )
}
