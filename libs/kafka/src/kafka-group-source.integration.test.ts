import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { silentLogger } from '@murmuration/observability'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { createJavaPartitioner } from './java-partitioner.ts'
import { KafkaRefusedError, KafkaUnavailableError } from './kafka-errors.ts'
import { createKafkaGroupSource } from './kafka-group-source.ts'
import { createTopics } from './testing/create-topics.ts'
import { describeGroupSource } from './testing/group-source-conformance.ts'
import { watchSource } from './testing/watch-source.ts'

const brokers = inject('kafkaBrokers').split(',')
const kafka = createKafka({ brokers, clientId: 'test', logger: silentLogger })
const admin = kafka.admin()
const producer = kafka.producer({ createPartitioner: createJavaPartitioner })
const created: string[] = []

beforeAll(() => Promise.all([admin.connect(), producer.connect()]))
afterAll(async () => {
  await admin.deleteTopics({ topics: created })
  await Promise.all([admin.disconnect(), producer.disconnect()])
})

/** A member with the times of the tests. */
function createMember(options: {
  readonly brokers?: string[]
  readonly clientId: string
  readonly groupId: string
  readonly topics: readonly string[]
}) {
  return createKafkaGroupSource({
    connection: { brokers: options.brokers ?? brokers, clientId: options.clientId, logger: silentLogger },
    groupId: options.groupId,
    topics: options.topics,
    sessionTimeoutMs: 6_000,
    drainMs: 3_000,
    leaseMarginMs: 1_000,
    nowMs: () => performance.now(),
  })
}

async function createGroup(
  counts: readonly number[],
): Promise<{ readonly topics: readonly string[]; readonly groupId: string }> {
  const prefix = `source-${randomUUID().slice(0, 8)}`
  const topics = counts.map((_, index) => `${prefix}.t${index}`)
  created.push(...topics)
  await createTopics(kafka, Object.fromEntries(topics.map((topic, index) => [topic, counts[index] ?? 1])))
  return { topics, groupId: `${prefix}.group` }
}

describeGroupSource('kafkajs', async (counts) => {
  const { topics, groupId } = await createGroup(counts)
  return {
    topics,
    append: async ({ topic, partition }, values) => {
      await producer.send({ topic, messages: values.map((value) => ({ partition, value })) })
    },
    member: (clientId) => createMember({ clientId, groupId, topics }),
    nowMs: () => performance.now(),
  }
})

it('can be started again when Kafka was away the first time', async () => {
  const { topics, groupId } = await createGroup([1])
  const [host = '', port = ''] = (brokers[0] ?? '').split(':')
  const proxy = createServer((client) => void client.pipe(connect({ host, port: Number(port) })).pipe(client))
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const own = (proxy.address() as AddressInfo).port
  await new Promise((closed) => proxy.close(closed))
  const source = createMember({ brokers: [`127.0.0.1:${own}`], clientId: 'm0', groupId, topics })
  await expect(watchSource(source)).rejects.toBeInstanceOf(KafkaUnavailableError)
  await once(proxy.listen(own, '127.0.0.1'), 'listening')
  const watched = await watchSource(source)
  await watched.until(() => watched.assignment() !== undefined)
  await watched.close()
  proxy.close()
})

it('refuses to start on a topic that does not exist', async () => {
  const source = createMember({ clientId: 'm0', groupId: `g-${randomUUID()}`, topics: [`none-${randomUUID()}`] })
  await expect(watchSource(source)).rejects.toBeInstanceOf(KafkaRefusedError)
  await source.close()
})
