import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEncoder, createRegistry, createRegistryHttp, subjectOf } from '@murmuration/avro'
import { createTopicNames } from '@murmuration/kafka'
import { catalog, loadSchema } from '@murmuration/schemas'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { exampleOf } from '../../libs/avro/src/testing/examples.ts'
import { type FaultName, keepReport } from './fault-report.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { type OutcomeWatch, type Place, watchEnds } from './outcome-watch.ts'
import { type GateMode, type RegistryGate, startRegistryGate } from './registry-gate.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'
import { type ServiceUnderTest, startService } from './start-service.ts'

/** How long each fault lasts, ms: longer than a time-out of the registry, and than the circuit rests. */
const FAULT_MS = 4_000
/** Of a service that starts, and of records after a fault, ms. */
const PATIENCE = { timeout: 30_000, interval: 100 }
const PARTITIONS = 3
const names = createTopicNames('')
const webhook = new URL('../contract/fixtures/payloads/composed-whatsapp-inbound-location.json', import.meta.url)
const { topic } = catalog.message

let cluster: KafkaCluster
let gate: RegistryGate
let ends: OutcomeWatch
let service: ServiceUnderTest
let good: Buffer

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
  await cluster.createTopics({ prefix: '', minInsyncReplicas: 1 })
  gate = await startRegistryGate(cluster.registryUrl)
  ends = await watchEnds({ kafka: cluster.kafka, registryUrl: cluster.registryUrl, prefix: '' })
  const registry = createRegistry({ url: cluster.registryUrl, timeoutMs: 5_000 })
  const encoder = await createEncoder(registry, { records: ['message'], topicPrefix: '' })
  // Of no interest to media-processor: it ends as skipped.
  good = encoder.encode('message', { ...exampleOf('message'), media: [] })
  service = await startMediaProcessor()
  await vi.waitFor(async () => expect(await service.notReady()).toBeUndefined(), PATIENCE)
  const places = await write([good])
  await vi.waitFor(() => expect(endsOf(places)).toEqual(skipped(places)), PATIENCE)
})

afterEach(() => gate.setMode('pass'))

afterAll(async () => {
  await service?.stop()
  await ends?.close()
  await gate?.close()
  await cluster?.close()
})

function startMediaProcessor(settings: Readonly<Record<string, string>> = {}): Promise<ServiceUnderTest> {
  const place = { brokers: cluster.brokers, registryUrl: gate.url, prefix: '', dir: cluster.logDir }
  return startService('media-processor', place, {
    BIRD_ACCESS_KEY: 'unused',
    MEDIA_DIR: join(cluster.logDir, 'media'),
    SCHEMA_REGISTRY_TIMEOUT_MS: '1000',
    ...settings,
  })
}

function ingressSettings(snapshotDir: string): Readonly<Record<string, string>> {
  return { SCHEMA_REGISTRY_URL: gate.url, SCHEMA_REGISTRY_TIMEOUT_MS: '1000', SCHEMA_SNAPSHOT_DIR: snapshotDir }
}

/** A message as a writer writes it whose schema has one more field: its id is new to every reader. */
async function writtenByNewer(version: string): Promise<Buffer> {
  const schema = loadSchema('message')
  const field = { name: `added_${version.replaceAll('-', '_')}`, type: 'string', default: '' }
  const http = createRegistryHttp({ url: cluster.registryUrl, timeoutMs: 10_000 })
  const { body } = await http.send('POST', `/subjects/${subjectOf('message', '')}/versions`, {
    schema: JSON.stringify({ ...schema, fields: [...schema.fields, field] }),
  })
  // An empty text behind the rest: a length of 0.
  const value = Buffer.concat([good, Buffer.from([0])])
  value.writeUInt32BE((body as { id: number }).id, 1)
  return value
}

/** Writes the values to each of some partitions, in order. @returns all places */
async function write(values: readonly Buffer[]): Promise<readonly Place[]> {
  const producer = cluster.kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const messages = Array.from({ length: PARTITIONS }, (_, partition) =>
    values.map((value) => ({ key: `k${partition}`, value, partition })),
  )
  const written = await producer.send({ topic: names.topic(topic), messages: messages.flat() })
  await producer.disconnect()
  return written.flatMap(({ partition, baseOffset }) =>
    values.map((_, index) => ({ topic, partition, offset: Number(baseOffset) + index })),
  )
}

const endsOf = (places: readonly Place[]) => places.map((place) => ends.endOf('media-processor', place))
const skipped = (places: readonly Place[]) => places.map(() => 'skip no-media')

/** How many records lie in the topics for what was set aside. */
async function countSetAside(): Promise<number> {
  const admin = cluster.kafka.admin()
  await admin.connect()
  const aside = [
    names.topic(catalog['quarantined-record'].topic),
    names.deadLetter(topic, 'media-processor'),
    names.retry(topic, 'media-processor'),
  ]
  const offsets = await Promise.all(aside.map((each) => admin.fetchTopicOffsets(each)))
  await admin.disconnect()
  return offsets.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
}

function report(name: FaultName, note: string): void {
  const unmeasured = { maxAnswerMs: Number.NaN, firstMs: Number.NaN, steadyMs: Number.NaN, peakRssBytes: Number.NaN }
  keepReport({ name, answers: {}, ...unmeasured, notReady: undefined, note, problems: [] })
}

const page = '<html><body>Not Found</body></html>'
const json = 'application/json'

describe.each<[FaultName, GateMode, string]>([
  ['registry-refused', 'refuse', 'UNAVAILABLE'],
  ['registry-silent', 'silent', 'UNAVAILABLE'],
  ['registry-500', { status: 500, contentType: json, body: '{"error_code":50001,"message":"store"}' }, 'UNAVAILABLE'],
  ['registry-404-page', { status: 404, contentType: 'text/html', body: page }, 'UNAVAILABLE'],
  ['registry-404-path', { status: 404, contentType: json, body: '{"error_code":404,"message":"no"}' }, 'UNAVAILABLE'],
  ['registry-400', { status: 400, contentType: json, body: '{"error_code":400,"message":"odd"}' }, 'UNAVAILABLE'],
  ['registry-401', { status: 401, contentType: json, body: '{"error_code":401,"message":"no"}' }, 'UNAUTHORIZED'],
])('%s', (name, mode, code) => {
  it(`I9: records of a new schema wait in front of it (${code}), none is set aside, and each ends as it should afterwards`, async () => {
    const result = `result="MUR_REGISTRY_${code}"`
    const failed = () => service.metric('murmuration_registry_lookups_total', result)
    const failedBefore = await failed()
    const newer = await writtenByNewer(name)
    await gate.setMode(mode)
    // Records of a schema that is known go on, also behind one of the new schema: this consumer keeps no order.
    const places = await write([good, newer, good])
    await expect.poll(failed, PATIENCE).toBeGreaterThan(failedBefore)
    await sleep(FAULT_MS)
    const during = Array.from({ length: PARTITIONS }, () => ['skip no-media', undefined, 'skip no-media'])
    expect(endsOf(places)).toEqual(during.flat())
    expect(await countSetAside()).toBe(0)

    await gate.setMode('pass')
    await expect.poll(() => endsOf(places), PATIENCE).toEqual(skipped(places))
    expect(await countSetAside()).toBe(0)
    report(name, `${places.length} records ended as they should, none set aside`)
  })
})

describe('registry-gone-at-start', () => {
  it('services without a snapshot wait, say why, and start by themselves when it is back', async () => {
    await gate.setMode('refuse')
    // A second replica beside the one of this file: under the first one's name it would rightly be refused.
    const waiting = await startMediaProcessor({ CLIENT_ID: 'media-processor-1' })
    let ingress: IngressUnderTest | undefined
    const starting = startIngress(cluster, ingressSettings('')).then((started) => {
      ingress = started
    })
    try {
      const log = () => readFileSync(waiting.child.logFile, 'utf8')
      await expect.poll(log, PATIENCE).toContain('MUR_REGISTRY_UNAVAILABLE')
      await sleep(FAULT_MS)
      expect(await waiting.notReady()).toContain('is starting')
      expect(await waiting.metric('murmuration_registry_circuit_open')).toBe(1)
      expect(waiting.child.isRunning()).toBe(true)
      expect(ingress).toBeUndefined()

      await gate.setMode('pass')
      await expect.poll(waiting.notReady, PATIENCE).toBeUndefined()
      await starting
    } finally {
      await gate.setMode('pass')
      await starting
      await ingress?.stop()
      await waiting.stop()
    }
    report('registry-gone-at-start', 'waits without a snapshot')
  })

  it('services with a snapshot start and work as if it were there', async () => {
    const snapshotDir = join(cluster.logDir, 'schemas')
    const settings = { SCHEMA_SNAPSHOT_DIR: snapshotDir }
    // Both have asked once before the registry goes: the ids of what they write, and one id that they read.
    await service.stop()
    const first = [
      await startIngress(cluster, ingressSettings(snapshotDir)),
      await startMediaProcessor(settings),
    ] as const
    const before = await write([good])
    await expect.poll(() => endsOf(before), PATIENCE).toEqual(skipped(before))
    for (const each of first) await each.stop()

    await gate.setMode('refuse')
    const ingress = await startIngress(cluster, ingressSettings(snapshotDir))
    service = await startMediaProcessor(settings)
    try {
      await expect.poll(service.notReady, PATIENCE).toBeUndefined()
      const answer = await ingress.post(readFileSync(webhook))
      expect(answer.status).toBe(202)
      const during = await write([good])
      await expect.poll(() => endsOf(during), PATIENCE).toEqual(skipped(during))
      expect(await service.metric('murmuration_registry_lookups_total', 'result="snapshot"')).toBeGreaterThan(0)
      expect(await countSetAside()).toBe(0)
    } finally {
      await gate.setMode('pass')
      await ingress.stop()
    }
    report('registry-gone-at-start', 'works with a snapshot')
  })
})
