import { randomUUID } from 'node:crypto'
import { createDecoder, createRegistry, pushSchemas } from '@murmuration/avro'
import { defaultRetryPlan, startConsumer } from '@murmuration/consumer'
import { PipelineError } from '@murmuration/errors'
import {
  applyTopology,
  createKafka,
  createTopicNames,
  type KafkaLink,
  type KafkaRecord,
  openKafkaLink,
  tailTopics,
  toTopology,
} from '@murmuration/kafka'
import { createMetrics, silentLogger } from '@murmuration/observability'
import { catalog, type Operation, type PartitionOutcomes, type QuarantinedRecord } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'

const prefix = `t-${randomUUID().slice(0, 8)}.`
const names = createTopicNames(prefix)
const kafka = createKafka({ brokers: inject('kafkaBrokers').split(','), clientId: 'test', logger: silentLogger })
const topic = catalog['message-status'].topic
let link: KafkaLink

class TestError extends PipelineError {
  readonly code = 'MUR_DATABASE_REFUSED'
  readonly disposition = 'dead-letter'
}

beforeAll(async () => {
  await applyTopology(kafka, toTopology(names, { replicationFactor: 1, minInsyncReplicas: 1 }))
  await pushSchemas({ url: inject('registryUrl'), topicPrefix: prefix, timeoutMs: 10_000 })
  link = await openKafkaLink({
    brokers: inject('kafkaBrokers').split(','),
    clientId: 'test-0',
    topicPrefix: prefix,
    registry: { url: inject('registryUrl'), timeoutMs: 5_000 },
    writes: ['message-status', 'partition-outcomes', 'quarantined-record', 'operation'],
    publishDeadlineMs: 10_000,
    maxQueuedRecords: 1_000,
    logger: silentLogger,
    metrics: createMetrics({ process: 'omit' }),
  })
})

afterAll(async () => {
  await link.close()
})

function statusEvent(messageId: string, status: string) {
  return {
    eventId: `1:w:status:${messageId}:${status}`,
    type: 'message.status',
    workspaceId: 'w',
    source: 'test',
    origin: 'webhook',
    occurredAt: 1,
    receivedAt: 2,
    rawRef: 'r',
    contentHash: 'h',
    messageId,
    channelId: null,
    contactId: null,
    platform: 'whatsapp',
    direction: 'outbound',
    status,
    interactionId: null,
    reason: null,
    failureCode: null,
    failureSource: null,
    failureSourceCode: null,
    reference: null,
  } as const
}

/** Resolves with the first records of a raw topic, one per partition read from its beginning. */
async function readRaw(rawTopic: string, count: number): Promise<readonly KafkaRecord[]> {
  const consumer = kafka.consumer({ groupId: `${prefix}raw-${randomUUID()}` })
  const records: KafkaRecord[] = []
  const all = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic: rawTopic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      )
      const { key, value } = message
      records.push({ topic: rawTopic, partition, offset: Number(message.offset), key, value, headers, timestampMs: 0 })
      if (records.length === count) all.resolve()
    },
  })
  await all.promise
  await consumer.disconnect()
  return records
}

it('I6: brings each record to its end, in order per key, and a dead letter keeps key, bytes, headers and partition', async () => {
  const seen: string[] = []
  const running = await startConsumer<ReturnType<typeof statusEvent>>(link, {
    groupId: 'crm-sync.postgres',
    handler: 'test',
    records: ['message-status'],
    handleEvent: async (event) => {
      seen.push(`${event.messageId} ${event.status}`)
      if (event.status === 'poison') throw new TestError('this one never fits')
      return event.status === 'sent' ? { kind: 'skip', reason: 'not-today' } : { kind: 'done' }
    },
    plan: defaultRetryPlan,
    concurrency: 4,
    clientId: 'test-0',
    logger: silentLogger,
    metrics: createMetrics({ process: 'omit' }),
  })
  const entries: PartitionOutcomes['entries'][number][] = []
  const four = Promise.withResolvers<void>()
  const tail = await tailTopics({
    kafka,
    decoder: createDecoder(createRegistry({ url: inject('registryUrl'), timeoutMs: 5_000 })),
    names,
    topics: [catalog['partition-outcomes'].topic],
    from: 'beginning',
    onRecord: ({ event }) => {
      entries.push(...(event as PartitionOutcomes).entries)
      if (entries.length === 4) four.resolve()
    },
  })

  for (const status of ['accepted', 'sent', 'poison', 'delivered']) {
    const event = statusEvent('m1', status)
    await link.publisher.publish([
      { kind: 'event', record: 'message-status', key: 'm1', event, headers: { own: 'kept' } },
    ])
  }
  await four.promise
  expect(seen).toEqual(['m1 accepted', 'm1 sent', 'm1 poison', 'm1 delivered'])
  expect(entries.map(({ kind, reason }) => [kind, reason])).toEqual([
    ['done', null],
    ['skip', 'not-today'],
    ['dead-letter', 'MUR_DATABASE_REFUSED'],
    ['done', null],
  ])

  const origin = (await readRaw(names.topic(topic), 4))[2]
  const [letter] = await readRaw(names.deadLetter(topic, 'crm-sync.postgres'), 1)
  expect(letter?.value?.equals(origin?.value ?? Buffer.alloc(0))).toBe(true)
  expect(letter?.key?.toString()).toBe('m1')
  expect(letter?.partition).toBe(origin?.partition)
  expect(letter?.headers).toMatchObject({
    own: 'kept',
    'mur-group': 'crm-sync.postgres',
    'mur-origin-topic': names.topic(topic),
    'mur-origin-offset': String(origin?.offset),
    'mur-error-code': 'MUR_DATABASE_REFUSED',
    'mur-attempt': '1',
  })

  await tail.close()
  await running.close()
  const admin = kafka.admin()
  await admin.connect()
  const [committed] = await admin.fetchOffsets({
    groupId: names.group('crm-sync.postgres'),
    topics: [names.topic(topic)],
  })
  await admin.disconnect()
  expect(committed?.partitions.find(({ partition }) => partition === origin?.partition)?.offset).toBe('4')
})

it('quarantines a record that nobody can decode, with its bytes, and goes on behind it', async () => {
  const { topic: operations, partitions } = catalog.operation
  const retry = { topic: names.retry(operations, 'reader'), partitions, replicationFactor: 1, config: {} }
  await applyTopology(kafka, [retry])
  const done = Promise.withResolvers<void>()
  const running = await startConsumer<Operation>(link, {
    groupId: 'reader',
    handler: 'test',
    records: ['operation'],
    handleEvent: async () => {
      done.resolve()
      return { kind: 'done' }
    },
    plan: defaultRetryPlan,
    concurrency: 1,
    clientId: 'test-0',
    logger: silentLogger,
    metrics: createMetrics({ process: 'omit' }),
  })
  const bytes = Buffer.from('neither Avro nor ours')
  const moved = { kind: 'moved', topic: names.topic(catalog.operation.topic), partition: 0, headers: {} } as const
  await link.publisher.publish([{ ...moved, key: Buffer.from('k'), value: bytes }])
  const event: Operation = {
    eventId: 'o1',
    type: 'operation.discard',
    subject: 's',
    actor: 'a',
    reason: 'r',
    occurredAt: 1,
    details: null,
  }
  await link.publisher.publish([{ kind: 'event', record: 'operation', key: 's', event }])
  await done.promise
  await running.close()

  const quarantined = await new Promise<QuarantinedRecord>((resolve, reject) => {
    const decoder = createDecoder(createRegistry({ url: inject('registryUrl'), timeoutMs: 5_000 }))
    const topics = [catalog['quarantined-record'].topic]
    const watched = tailTopics({
      kafka,
      decoder,
      names,
      topics,
      from: 'beginning',
      onRecord: (record) => {
        resolve(record.event as QuarantinedRecord)
        watched.then((opened) => opened.close()).catch(reject)
      },
    })
    watched.catch(reject)
  })
  expect(quarantined.body.equals(bytes)).toBe(true)
  expect(quarantined).toMatchObject({
    reason: 'MUR_RECORD_CORRUPT',
    originTopic: catalog.operation.topic,
    originOffset: 0,
  })
})
