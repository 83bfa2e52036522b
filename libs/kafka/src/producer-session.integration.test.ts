import { randomUUID } from 'node:crypto'
import { silentLogger } from '@murmuration/observability'
import { inject } from 'vitest'
import { createBrokerOutages } from './broker-outages.ts'
import { createKafka } from './create-kafka.ts'
import { openProducerSession } from './producer-session.ts'
import { createTopics } from './testing/create-topics.ts'
import { describeProducerSession } from './testing/producer-session-conformance.ts'
import { readTopic } from './testing/read-topic.ts'

const outages = createBrokerOutages({
  probe: async () => undefined,
  nowMs: () => performance.now(),
  onChange: () => undefined,
})
const connection = { brokers: inject('kafkaBrokers').split(','), clientId: 'session-test', logger: silentLogger }

describeProducerSession('on Kafka', async () => {
  const kafka = createKafka(connection)
  const topic = `session-${randomUUID().slice(0, 8)}`
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(kafka, { [topic]: 3 })

  return {
    topic,
    missing: `${topic}-missing`,
    open: () => openProducerSession(connection, { deadlineMs: 5_000, outages }),
    read: async (partition) => ((await readTopic(kafka, topic))[partition] ?? []).map(({ value }) => String(value)),
    close: async () => {
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    },
  }
})
