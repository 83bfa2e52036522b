import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDecoder, createEncoder, createRegistry, pushSchemas } from '@murmuration/avro'
import { applyTopology, createKafka, createTopicNames, tailTopics, toTopology } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import { catalog, type QuarantinedRecord, type RecordName } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { exampleOf } from '../../libs/avro/src/testing/examples.ts'
import { type OutcomeWatch, watchEnds } from '../fault/outcome-watch.ts'
import { type ServiceUnderTest, startService } from '../fault/start-service.ts'

const HEADER_BYTES = 5
const prefix = `t-${randomUUID().slice(0, 8)}.`
const names = createTopicNames(prefix)
const registryUrl = inject('registryUrl')
const brokers = inject('kafkaBrokers').split(',')
const kafka = createKafka({ brokers, clientId: 'test', logger: silentLogger })
const registry = createRegistry({ url: registryUrl, timeoutMs: 5_000 })
const dir = mkdtempSync(join(tmpdir(), 'quarantine-'))
const cleanup = new AsyncDisposableStack()

let ends: OutcomeWatch

beforeAll(async () => {
  await applyTopology(kafka, toTopology(names, { replicationFactor: 1, minInsyncReplicas: 1 }))
  await pushSchemas({ url: registryUrl, topicPrefix: prefix, timeoutMs: 10_000 })
  cleanup.defer(() => rmSync(dir, { recursive: true, force: true }))
  ends = await watchEnds({ kafka, registryUrl, prefix })
  cleanup.defer(() => ends.close())
})

afterAll(() => cleanup.disposeAsync())

async function start(name: 'media-processor' | 'audit-log'): Promise<ServiceUnderTest> {
  const settings = { BIRD_ACCESS_KEY: 'unused', MEDIA_DIR: join(dir, 'media'), AUDIT_DIR: join(dir, 'audit') }
  const service = await startService(name, { brokers, registryUrl, prefix, dir }, settings)
  cleanup.defer(() => service.stop())
  return service
}

/** Values that nobody can decode as this record, each with the reason, and one good value behind them. */
async function valuesOf(record: RecordName, event: Record<string, unknown>) {
  const other = record === 'erasure' ? 'operation' : 'erasure'
  const encoder = await createEncoder(registry, { records: [record, other], topicPrefix: prefix })
  const good = encoder.encode(record, event)
  const withId = (schemaId: number) => {
    const value = Buffer.from(good)
    value.writeUInt32BE(schemaId, 1)
    return value
  }
  const values: readonly (readonly [string, Buffer])[] = [
    ['MUR_RECORD_CORRUPT', Buffer.concat([good.subarray(0, HEADER_BYTES), Buffer.alloc(300, 0xff)])],
    ['MUR_RECORD_CORRUPT', good.subarray(0, good.length - 1)],
    ['MUR_RECORD_CORRUPT', Buffer.from('{"neither":"Avro nor ours"}')],
    ['MUR_RECORD_CORRUPT', Buffer.concat([good, Buffer.from('more')])],
    ['MUR_SCHEMA_UNKNOWN', withId(2_000_000_000)],
    ['MUR_SCHEMA_UNKNOWN', withId(4_000_000_000)],
    ['MUR_SCHEMA_UNKNOWN', encoder.encode(other, exampleOf(other))],
  ]
  return { values, good }
}

/** Writes them to one partition of the record's topic. @returns the place of each */
async function write(record: RecordName, values: readonly Buffer[]) {
  const { topic } = catalog[record]
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const messages = values.map((value) => ({ key: 'k', value, partition: 0 }))
  await producer.send({ topic: names.topic(topic), messages })
  await producer.disconnect()
  return values.map((_, offset) => ({ topic, partition: 0, offset }))
}

function readQuarantine(count: number): Promise<readonly QuarantinedRecord[]> {
  return new Promise((resolve, reject) => {
    const records: QuarantinedRecord[] = []
    const topics = [catalog['quarantined-record'].topic]
    const onRecord = ({ event }: { event: unknown }) => {
      if (records.push(event as QuarantinedRecord) === count) resolve(records)
    }
    const opened = tailTopics({ kafka, decoder: createDecoder(registry), names, topics, from: 'beginning', onRecord })
    opened.then((tail) => cleanup.defer(tail.close), reject)
  })
}

describe('records that nobody can decode', () => {
  it('are quarantined with their bytes and their place, and the partition goes on behind them', async () => {
    await start('media-processor')
    // Of no interest to media-processor: it ends as skipped.
    const { values, good } = await valuesOf('message', { ...exampleOf('message'), media: [] })
    const places = await write('message', [...values.map(([, value]) => value), good])

    const endsOfAll = () => places.map((place) => ends.endOf('media-processor', place))
    const wanted = [...values.map(([reason]) => `quarantine ${reason}`), 'skip no-media']
    await expect.poll(endsOfAll, { timeout: 40_000 }).toEqual(wanted)

    const quarantined = await readQuarantine(values.length)
    const byOffset = [...quarantined].sort((a, b) => Number(a.originOffset) - Number(b.originOffset))
    expect(byOffset.map(({ reason, originTopic, originOffset }) => [reason, originTopic, originOffset])).toEqual(
      values.map(([reason], offset) => [reason, catalog.message.topic, offset]),
    )
    for (const [index, [, bytes]] of values.entries()) expect(byOffset[index]?.body.equals(bytes)).toBe(true)
  })

  it('are lines of the audit trail, in their order, and not quarantined, where audit-log reads them', async () => {
    await start('audit-log')
    const { values, good } = await valuesOf('raw-webhook', exampleOf('raw-webhook'))
    const places = await write('raw-webhook', [...values.map(([, value]) => value), good])

    const endsOfAll = () => places.map((place) => ends.endOf('audit-log', place))
    await expect.poll(endsOfAll, { timeout: 40_000 }).toEqual(places.map(() => 'done'))

    const lines = readFileSync(join(dir, 'audit', 'trail.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    const trail = lines.map((line) => JSON.parse(line) as { kind: string; t: string; o: string })
    const raw = trail.filter(({ t }) => t === catalog['raw-webhook'].topic)
    expect(raw.map(({ kind, o }) => `${o} ${kind}`)).toEqual([
      ...values.map((_, offset) => `${offset} undecodable`),
      `${values.length} event`,
    ])
  })
})
