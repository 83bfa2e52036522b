import { randomUUID } from 'node:crypto'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** Reads a partition of a topic on a real cluster up to its end, as a group of its own. */
export async function readPartition(
  kafka: Kafka,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): Promise<readonly KafkaMessage[]> {
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const end = Number(ends.find((one) => one.partition === partition)?.high)
  if (end === 0) return []
  const messages: KafkaMessage[] = []
  const consumer = kafka.consumer({ groupId: `${topic}-${randomUUID()}` })
  const all = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async (payload) => {
      if (payload.partition !== partition) return
      messages.push(payload.message)
      if (Number(payload.message.offset) === end - 1) all.resolve()
    },
  })
  await all.promise
  await consumer.disconnect()
  return messages
}
