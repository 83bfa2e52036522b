import { randomUUID } from 'node:crypto'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** Reads a topic of a real cluster up to its end, as a group of its own: for each partition its records, in order. */
export async function readTopic(kafka: Kafka, topic: string): Promise<readonly (readonly KafkaMessage[])[]> {
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const endOf = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  const partitions = ends.map((): KafkaMessage[] => [])
  let left = ends.reduce((sum, { high }) => sum + Number(high), 0)
  if (left === 0) return partitions
  const consumer = kafka.consumer({ groupId: `${topic}-${randomUUID()}` })
  const all = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      if (Number(message.offset) >= (endOf.get(partition) ?? 0)) return
      partitions[partition]?.push(message)
      if (--left === 0) all.resolve()
    },
  })
  await all.promise
  await consumer.disconnect()
  return partitions
}
