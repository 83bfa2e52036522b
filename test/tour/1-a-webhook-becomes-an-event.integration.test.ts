// Page 1. Bird calls; the ingress checks the signature, turns the webhook into typed events, and answers 202 when Kafka
// has acknowledged them. What it answered 202 is in its topic; what it refused is not.
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inbound } from '../../deploy/local/sample/bodies.ts'
import { createSampleIds } from '../../deploy/local/sample/sample-ids.ts'
import { type IngressProcess, startIngress } from '../../services/ingress/src/ingress-process.fixture.ts'
import { openStage, type Stage, topic } from './stage.ts'

let stage: Stage
let ingress: IngressProcess

beforeAll(async () => {
  stage = await openStage()
  ingress = await startIngress({
    KAFKA_BROKERS: stage.brokers,
    KAFKA_TOPIC_PREFIX: stage.names.prefix,
    SCHEMA_REGISTRY_URL: stage.registryUrl,
  })
})

afterAll(async () => {
  await ingress?.stop()
  await stage?.close()
})

const ids = createSampleIds('ws-1')
const text = { type: 'text', text: { text: 'Where is my order?' } }
const webhook = Buffer.from(JSON.stringify(inbound(ids, 'hello', Date.now(), { body: text })))

it('a signed webhook is answered 202, and its event is in the topic, keyed by contact', async () => {
  const answer = await ingress.post(webhook)
  expect(answer.status).toBe(202)
  const { eventIds } = (await answer.json()) as { readonly eventIds: readonly string[] }

  const [record] = await stage.read(stage.names.topic(topic))
  expect(record?.key?.toString()).toBe(ids.contactId)
  expect(await stage.decode(record as NonNullable<typeof record>)).toMatchObject({
    type: 'message.inbound',
    eventId: eventIds[0],
    contactKey: ids.contactId,
    text: 'Where is my order?',
  })
})

it('the exact bytes are kept too: what a mended parser reads again', async () => {
  const [raw] = await stage.read(stage.names.topic(catalog['raw-webhook'].topic))
  expect(raw?.value?.includes(webhook)).toBe(true)
})

it('the same webhook again is answered 202 and writes nothing: Bird repeats what it got no answer to', async () => {
  const answer = await ingress.post(webhook)
  expect([answer.status, ((await answer.json()) as { result: string }).result]).toEqual([202, 'duplicate'])
  expect(await stage.read(stage.names.topic(topic))).toHaveLength(1)
})

it('a webhook that somebody else signed is answered 401, and is nowhere', async () => {
  const other = Buffer.from(webhook.toString('utf8').replace('Where is my order?', 'Cancel my order!'))
  expect((await ingress.post(other, { key: 'not the key' })).status).toBe(401)
  expect(await stage.read(stage.names.topic(topic))).toHaveLength(1)
})
