import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createDecoder, createRegistry, pushSchemas } from '@murmuration/avro'
import {
  applyTopology,
  createKafka,
  createTopicNames,
  type TailedRecord,
  type TopicTail,
  tailTopics,
  toTopology,
} from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import { catalog, type Message, type QuarantinedRecord, type RawWebhook } from '@murmuration/schemas'
import type { Readiness } from '@murmuration/service'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { inboundMessage } from './ingress.fixture.ts'
import { type IngressProcess, startIngress } from './ingress-process.fixture.ts'
import type { Receipt } from './receive-webhook.ts'

const prefix = `ingress-${randomUUID()}.`
const registryUrl = inject('registryUrl')
const brokers = inject('kafkaBrokers')
const records: TailedRecord[] = []
const watched = ['raw-webhook', 'message', 'quarantined-record'] as const

let tail: TopicTail
let ingress: IngressProcess

beforeAll(async () => {
  await pushSchemas({ url: registryUrl, topicPrefix: prefix, timeoutMs: 10_000 })
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'ingress-test', logger: silentLogger })
  const names = createTopicNames(prefix)
  await applyTopology(kafka, toTopology(names, { replicationFactor: 1, minInsyncReplicas: 1 }))
  ingress = await startIngress(settings({ KAFKA_BROKERS: brokers }))
  tail = await tailTopics({
    kafka,
    decoder: createDecoder(createRegistry({ url: registryUrl, timeoutMs: 5_000 })),
    names,
    topics: watched.map((record) => catalog[record].topic),
    from: 'beginning',
    onRecord: (record) => records.push(record),
  })
})

afterAll(async () => {
  await tail?.close()
  await ingress?.stop()
})

function settings(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { KAFKA_TOPIC_PREFIX: prefix, SCHEMA_REGISTRY_URL: registryUrl, ...env }
}

/** Waits for the records of one webhook in a topic. */
async function read<E>(record: keyof typeof catalog, rawRef: string | null): Promise<{ key: string | null; event: E }> {
  const find = () =>
    records.find(({ topic, event }) => topic === catalog[record].topic && (event as RawWebhook).rawRef === rawRef)
  await expect.poll(find, { timeout: 30_000 }).toBeDefined()
  const found = find()
  return { key: found?.key ?? null, event: found?.event as E }
}

/** An address on which nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the socket has no port')
  return `127.0.0.1:${address.port}`
}

describe('the ingress process, with Kafka', () => {
  it('has the raw bytes and the typed event in their topics when it answers 202', async () => {
    const answer = await ingress.post(inboundMessage)
    expect(answer.status).toBe(202)
    const { result, rawRef, eventIds } = (await answer.json()) as Receipt
    expect(result).toBe('accepted')
    const raw = await read<RawWebhook>('raw-webhook', rawRef)
    expect(Buffer.from(raw.event.body)).toEqual(inboundMessage)
    expect(raw.event).toMatchObject({
      eventId: rawRef,
      source: 'whatsapp',
      workspaceId: 'ws-1',
      origin: 'webhook',
      scheme: 'bird-crm',
      keyId: 'key-1',
      parseResult: 'parsed',
      events: eventIds.map((eventId: string) => ({ topic: catalog.message.topic, eventId, type: 'message.inbound' })),
    })
    const message = await read<Message>('message', rawRef)
    const { payload } = JSON.parse(inboundMessage.toString('utf8'))
    expect(message.event).toMatchObject({ eventId: eventIds[0], messageId: payload.id, rawRef, source: 'whatsapp' })
    expect([message.key, raw.key]).toEqual([message.event.contactKey, message.event.contactKey])
  })

  it('keeps signed bytes that nobody can read in the raw topic and in quarantine', async () => {
    const body = Buffer.from([0x7b, 0x00, 0xff, 0x0d, 0x0a])
    const answer = await ingress.post(body)
    expect(answer.status).toBe(202)
    const { result, rawRef } = (await answer.json()) as Receipt
    expect(result).toBe('unreadable')
    const raw = await read<RawWebhook>('raw-webhook', rawRef)
    const quarantined = await read<QuarantinedRecord>('quarantined-record', rawRef)
    expect([Buffer.from(raw.event.body), Buffer.from(quarantined.event.body)]).toEqual([body, body])
    expect([raw.key, quarantined.key]).toEqual([null, null])
    expect(raw.event).toMatchObject({ parseResult: 'unreadable', parseError: quarantined.event.reason, events: [] })
  })

  it('is ready, and its admin port shows what it did; the public port shows nothing', async () => {
    const ready = await fetch(`${ingress.adminUrl}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', checks: { kafka: 'ok', 'event-loop': 'ok' } },
    ])
    const metrics = await (await fetch(`${ingress.adminUrl}/metrics`)).text()
    expect(metrics).toContain('murmuration_ingress_webhooks_total{source="whatsapp",result="accepted"}')
    expect(new URL(ingress.adminUrl).hostname).toBe('127.0.0.1')
    expect((await fetch(`${ingress.publicUrl}/metrics`)).status).toBe(404)
  })

  it('on SIGTERM answers what is under way, leaves nothing acknowledged behind, and ends with exit code 0', async () => {
    const other = await startIngress(settings({ KAFKA_BROKERS: brokers }))
    const idle = connect(Number(new URL(other.publicUrl).port), '127.0.0.1').on('error', () => undefined)
    await once(idle, 'connect')
    idle.write('POST /webhooks/whatsapp HTTP/1.1\r\n')
    const answers: (string | null)[] = []
    const posting = Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const answer = await other.post(Buffer.from(`{"event":"before the end ${at}"}`))
        if (answer.status === 202) answers.push(((await answer.json()) as Receipt).rawRef)
        return answer.status
      }),
    )
    await expect.poll(() => answers.length).toBeGreaterThan(0)
    const [statuses, code] = await Promise.all([posting, other.stop()])
    expect(code).toBe(0)
    expect(statuses.filter((status) => status !== 202 && status !== 503)).toEqual([])
    for (const rawRef of answers) await read<RawWebhook>('raw-webhook', rawRef)
  })

  it('takes a changed key without a restart, and says so in its metrics', async () => {
    const other = await startIngress(settings({ KAFKA_BROKERS: brokers }))
    try {
      other.rewriteKey('the next signing key')
      const body = Buffer.from('{"event":"signed with the next key"}')
      const postNext = async () => (await other.post(body, { key: 'the next signing key' })).status
      await expect.poll(postNext, { timeout: 10_000 }).toBe(202)
      expect((await other.post(body)).status).toBe(401)
      const metrics = await (await fetch(`${other.adminUrl}/metrics`)).text()
      expect(metrics).toContain('murmuration_ingress_sources_reloads_total{result="loaded"} 1')
    } finally {
      await other.stop()
    }
  })
})

describe('the ingress process, while no broker can be reached', () => {
  it('answers 503 within two seconds, tells that it is not ready and why, and stays up', async () => {
    const lonely = await startIngress(settings({ KAFKA_BROKERS: await deadAddress(), PUBLISH_DEADLINE_MS: '1000' }))
    try {
      const answer = await lonely.post(inboundMessage, { signal: AbortSignal.timeout(2_000) })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(await answer.json()).toEqual({ error: 'MUR_KAFKA_UNAVAILABLE' })
      const ready = await fetch(`${lonely.adminUrl}/health/ready`)
      expect(ready.status).toBe(503)
      expect(((await ready.json()) as Readiness).checks.kafka).toMatch(/Kafka is not available|no answer/)
      expect((await fetch(`${lonely.adminUrl}/health/live`)).status).toBe(200)
      expect((await lonely.post(inboundMessage)).status).toBe(503)
      expect(lonely.alive()).toBe(true)
      expect(await lonely.stop()).toBe(0)
    } finally {
      await lonely.stop()
    }
  })
})
