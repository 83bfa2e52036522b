import type { TopicPartition } from './group-source.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import { type KafkajsCluster, leaderOf } from './kafkajs-insides.ts'
import { toKey } from './partition-key.ts'

/** The first offset of a partition that stays. */
export type TrimPoint = TopicPartition & { readonly offset: number }

/**
 * Deletes what lies below the offsets, by one request per topic and leader: the client reads no answer about two topics.
 * Where a partition has no leader, the others are trimmed all the same.
 *
 * @throws the client's own errors @throws {KafkaUnavailableError} a partition without a leader
 */
export async function trimTopics(cluster: KafkajsCluster, below: readonly TrimPoint[]): Promise<void> {
  const lacking: TrimPoint[] = []
  for (const [topic, points] of Map.groupBy(below, (point) => point.topic)) {
    for (const [leader, led] of Map.groupBy(points, (point) => leaderOf(cluster, point))) {
      if (leader === undefined) {
        lacking.push(...led)
        continue
      }
      const broker = await cluster.findBroker(leader)
      const partitions = led.map(({ partition, offset }) => ({ partition, offset: String(offset) }))
      await broker.send('DeleteRecords', { topics: [{ topic, partitions }] })
    }
  }
  if (lacking.length > 0) throw new KafkaUnavailableError(`no leader is known of ${lacking.map(toKey).join(', ')}`)
}
