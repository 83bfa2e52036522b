import { randomUUID } from 'node:crypto'
import { createMetrics, silentLogger } from '@murmuration/observability'
import type { KafkaMessage } from 'kafkajs'
import { inject } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { createKafkaPublisher } from './kafka-publisher.ts'
import { createTopics } from './testing/create-topics.ts'
import { describePublisher } from './testing/publisher-conformance.ts'
import { createTopicNames } from './topics.ts'

const brokers = inject('kafkaBrokers').split(',')
const connection = { brokers, clientId: 'publisher-test', logger: silentLogger }

describePublisher('on Kafka', async () => {
  const kafka = createKafka(connection)
  const admin = kafka.admin()
  const topic = `publisher-${randomUUID().slice(0, 8)}`
  await admin.connect()
  await createTopics(kafka, { [topic]: 2 })
  const publisher = createKafkaPublisher({
    connection,
    encoder: {
      encode: () => {
        throw new TypeError('events are not written here')
      },
    },
    names: createTopicNames(''),
    metrics: createMetrics({ process: 'omit' }),
    deadlineMs: 10_000,
    maxQueuedRecords: 1_000,
    maxQueuedBytes: 1_000_000,
    nowMs: () => performance.now(),
  })

  /** Reads a partition up to its end, as a group of its own. */
  async function read({ partition }: { readonly partition: number }) {
    const ends = await admin.fetchTopicOffsets(topic)
    const end = Number(ends.find((one) => one.partition === partition)?.high)
    const messages: KafkaMessage[] = []
    const consumer = kafka.consumer({ groupId: `${topic}-${randomUUID()}` })
    const all = Promise.withResolvers<void>()
    if (end === 0) return []
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
    return messages.map(({ key, value, headers, offset }) => ({
      key,
      value,
      headers: (headers ?? {}) as Readonly<Record<string, Buffer>>,
      offset: Number(offset),
    }))
  }
  return {
    publisher,
    topic,
    missing: `${topic}-missing`,
    grow: async (count) => void (await admin.createPartitions({ topicPartitions: [{ topic, count }] })),
    read,
    close: async () => {
      await publisher.close()
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    },
  }
})
