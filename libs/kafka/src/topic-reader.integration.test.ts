import { randomUUID } from 'node:crypto'
import { silentLogger } from '@murmuration/observability'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { applyTopology } from './apply-topology.ts'
import { createKafka } from './create-kafka.ts'
import { openTopicReader } from './topic-reader.ts'

const connection = { brokers: inject('kafkaBrokers').split(','), clientId: 'reader', logger: silentLogger }
const kafka = createKafka(connection)
const topic = `reader-${randomUUID()}`
const groupId = `group-${randomUUID()}`
const RECORDS = 2_500
/** In one request: below what a broker takes. */
const BATCH = 500
/** Below what the reader fetches at once, so that it takes several fetches. */
const VALUE = Buffer.alloc(1_000)

beforeAll(async () => {
  await applyTopology(kafka, [{ topic, partitions: 2, replicationFactor: 1, config: {} }])
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1 })
  const admin = kafka.admin()
  await Promise.all([producer.connect(), admin.connect()])
  const send = async (count: number, end: 'commit' | 'abort') => {
    const transaction = await producer.transaction()
    const messages = Array.from({ length: count }, (_, index) => ({
      key: `${end} ${index}`,
      value: VALUE,
      partition: 0,
    }))
    for (let from = 0; from < count; from += BATCH) {
      await transaction.send({ topic, messages: messages.slice(from, from + BATCH) })
    }
    await transaction[end]()
  }
  await send(RECORDS, 'commit')
  await send(3, 'abort')
  // The client deletes only of a topic that it has asked for.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] })
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '20' }] })
  await Promise.all([producer.disconnect(), admin.disconnect()])
})

describe('the topic reader', () => {
  it('tells what is held and committed, and reads it in order, to an end where readers see nothing', async () => {
    const reader = await openTopicReader(connection, [topic])
    const [first, second] = await reader.bounds(groupId, [topic])
    expect(first).toMatchObject({ topic, partition: 0, low: 10, committed: { offset: 20 } })
    expect(second).toMatchObject({ partition: 1, low: 0, high: 0, committed: undefined })
    const [range] = await reader.held(topic)
    expect(range).toEqual({ topic, partition: 0, from: 10, to: first?.high })

    const offsets: number[] = []
    await reader.read({ topic, partition: 0, from: 10, to: first?.high ?? 0 }, (records) => {
      offsets.push(...records.map(({ offset }) => offset))
    })
    expect(offsets).toEqual(Array.from({ length: RECORDS - 10 }, (_, index) => index + 10))
    await reader.close()
  })

  it('goes on behind what was deleted meanwhile, and stops where it was told to', async () => {
    const reader = await openTopicReader(connection, [topic])
    const offsets: number[] = []
    await reader.read({ topic, partition: 0, from: 0, to: 12 }, (records) => {
      offsets.push(...records.map(({ offset }) => offset))
    })
    expect(offsets).toEqual([10, 11])
    await reader.close()
  })

  it('says which topic is missing, and what to do', async () => {
    const missing = `reader-${randomUUID()}`
    await expect(openTopicReader(connection, [topic, missing])).rejects.toMatchObject({
      code: 'MUR_TOPIC_MISMATCH',
      message: expect.stringMatching(new RegExp(`${missing} is missing.*murmur topics apply`)),
    })
  })
})
