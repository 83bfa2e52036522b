import { randomUUID } from 'node:crypto'
import { createMetrics, silentLogger } from '@murmuration/observability'
import { inject } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { createKafkaPublisher } from './kafka-publisher.ts'
import { createTopics } from './testing/create-topics.ts'
import { describePublisher } from './testing/publisher-conformance.ts'
import { readTopic } from './testing/read-topic.ts'
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

  async function read({ partition }: { readonly partition: number }) {
    const { [partition]: messages = [] } = await readTopic(kafka, topic)
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
