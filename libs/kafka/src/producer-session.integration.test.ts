import { randomUUID } from 'node:crypto'
import { silentLogger } from '@murmuration/observability'
import { inject } from 'vitest'
import { createBrokerOutages } from './broker-outages.ts'
import { createKafka } from './create-kafka.ts'
import { openProducerSession } from './producer-session.ts'
import { createTopics } from './testing/create-topics.ts'
import { describeProducerSession } from './testing/producer-session-conformance.ts'

const outages = createBrokerOutages({ probe: () => Promise.resolve(), nowMs: () => performance.now() })
const connection = { brokers: inject('kafkaBrokers').split(','), clientId: 'session-test', logger: silentLogger }

describeProducerSession('on Kafka', async () => {
  const kafka = createKafka(connection)
  const topic = `session-${randomUUID().slice(0, 8)}`
  const admin = kafka.admin()
  await admin.connect()
  await createTopics(kafka, { [topic]: 3 })

  /** Reads a partition up to its end, as a group of its own. */
  async function read(partition: number): Promise<readonly string[]> {
    const ends = await admin.fetchTopicOffsets(topic)
    const end = Number(ends.find((one) => one.partition === partition)?.high)
    const values: string[] = []
    const consumer = kafka.consumer({ groupId: `${topic}-${randomUUID()}` })
    const all = Promise.withResolvers<void>()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async (payload) => {
        if (payload.partition !== partition) return
        values.push(String(payload.message.value))
        if (Number(payload.message.offset) === end - 1) all.resolve()
      },
    })
    await all.promise
    await consumer.disconnect()
    return values
  }
  return {
    topic,
    missing: `${topic}-missing`,
    open: () => openProducerSession(connection, { deadlineMs: 5_000, outages }),
    read,
    close: async () => {
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    },
  }
})
