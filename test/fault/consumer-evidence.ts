import { createTopicNames, headerNames } from '@murmuration/kafka'
import { catalog } from '@murmuration/schemas'
import type { WrittenRecord } from '../order/consumer-history.ts'
import { eventIdOf } from './consumer-traffic.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { readWhole } from './read-whole.ts'

/** A consumer group on the messages of one deployment. */
export interface GroupPlace {
  readonly cluster: Pick<KafkaCluster, 'kafka'>
  readonly prefix: string
  readonly groupId: string
}

/** What Kafka holds of the messages and of the group's dead letters. */
export async function readEvidence({ cluster, prefix, groupId }: GroupPlace) {
  const names = createTopicNames(prefix)
  const { topic } = catalog.message
  const { written } = await readWhole(cluster, names.topic(topic), () => {
    const records: WrittenRecord[] = []
    return {
      written: records,
      add: ({ partition, offset, key, value }) =>
        records.push({ partition, offset: Number(offset), key: String(key), eventId: eventIdOf(value) }),
    }
  })
  const { origins } = await readWhole(cluster, names.deadLetter(topic, groupId), () => {
    const places: { partition: number; offset: number }[] = []
    return {
      origins: places,
      add: ({ headers }) =>
        places.push({
          partition: Number(headers[headerNames.originPartition]),
          offset: Number(headers[headerNames.originOffset]),
        }),
    }
  })
  return { written, deadLetters: origins }
}

/** Records that the group has not committed, in the messages and in its retry topic. @throws while Kafka is away */
export async function countUncommitted({ cluster, prefix, groupId }: GroupPlace): Promise<number> {
  const names = createTopicNames(prefix)
  const topics = [names.topic(catalog.message.topic), names.retry(catalog.message.topic, groupId)]
  const admin = cluster.kafka.admin()
  await admin.connect()
  try {
    const committed = await admin.fetchOffsets({ groupId: names.group(groupId), topics })
    let left = 0
    for (const topic of topics) {
      const offsets = new Map(
        committed
          .filter((one) => one.topic === topic)
          .flatMap(({ partitions }) => partitions.map(({ partition, offset }) => [partition, Number(offset)])),
      )
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        left += Number(high) - Math.max(0, offsets.get(partition) ?? 0)
      }
    }
    return left
  } finally {
    await admin.disconnect()
  }
}
