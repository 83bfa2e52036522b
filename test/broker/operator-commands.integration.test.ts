// What an operator does about records that were set aside, by the real `murmur` command, on a real Kafka, judged at the sink.
import { createDecoder, createEncoder, createRegistry } from '@murmuration/avro'
import { applyTopology, createKafka, toTopology } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import { catalog, loadExample, type Operation } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { murmur } from '../../services/operator/src/murmur.fixture.ts'
import { group, openStage, SinkError, type Stage, topic } from '../tour/stage.ts'

const POLL = { timeout: 15_000, interval: 100 }
/** Nothing is tried again by itself before the test is over. */
const NEVER = { minDelayMs: 10 * 60_000, maxDelayMs: 10 * 60_000, whenSpent: 'park' } as const
const BECAUSE = ['--because', 'the CRM is mended', '--by', 'olga']

let stage: Stage
const applied: string[] = []
const failing = new Map<string, 'retry' | 'dead-letter'>([
  ['anna odd', 'retry'],
  ['ben odd', 'retry'],
  ['cleo poison', 'dead-letter'],
  ['cleo late', 'retry'],
])

beforeAll(async () => {
  stage = await openStage()
  const overrides = Object.fromEntries(Object.values(catalog).map((entry) => [entry.topic, { partitions: 1 }]))
  await applyTopology(kafka(), toTopology(stage.names, { replicationFactor: 1, minInsyncReplicas: 1, overrides }))
  await stage.say('anna', 'odd', 'plain')
  await stage.say('ben', 'odd', 'plain')
  await stage.say('cleo', 'poison', 'plain')
  await stage.consume(async (contact, text) => {
    const failure = failing.get(`${contact} ${text}`)
    if (failure !== undefined) throw new SinkError(failure)
    applied.push(`${contact} ${text}`)
    return undefined
  }, NEVER)
})
afterAll(() => stage?.close())

function kafka() {
  return createKafka({ brokers: stage.brokers.split(','), clientId: 'test', logger: silentLogger })
}

/** Runs the command on the stage's topics; what it says must be none of the messages' contents. */
async function run(...args: readonly string[]) {
  const env = {
    KAFKA_BROKERS: stage.brokers,
    KAFKA_TOPIC_PREFIX: stage.names.prefix,
    SCHEMA_REGISTRY_URL: stage.registryUrl,
  }
  const { code, out, err } = await murmur([...args, '--consumer', group], env)
  const { contactName } = loadExample('message') as { readonly contactName: string }
  expect(contactName.length).toBeGreaterThan(3)
  expect(out + err).not.toContain(contactName)
  return { code, out, err }
}
async function runJson(...args: readonly string[]) {
  const { code, out, err } = await run(...args, '--json')
  expect(code, err).toBe(0)
  return JSON.parse(out)
}
const facts = ({ key, eventId, offset, reason, tries, ahead }: Record<string, unknown>) =>
  [key, eventId, offset, reason, tries, ahead] as const

/** Records of the operations topic, in order. */
async function operations(): Promise<readonly Operation[]> {
  const decoder = createDecoder(createRegistry({ url: stage.registryUrl, timeoutMs: 5_000 }))
  const records = await stage.read(stage.names.topic(catalog.operation.topic))
  return Promise.all(records.map(async ({ value }) => (await decoder.decode('operation', value)) as Operation))
}

/** What a redrive leaves that ends between the operation and the record. */
async function recordOnly(eventId: string): Promise<void> {
  const registry = createRegistry({ url: stage.registryUrl, timeoutMs: 5_000 })
  const encoder = await createEncoder(registry, { records: ['operation'], topicPrefix: stage.names.prefix })
  const subject = `${topic}/0/7`
  const value = encoder.encode('operation', {
    ...{ eventId, type: 'operation.redrive', subject, actor: 'otto', reason: 'cut off' },
    ...{ occurredAt: 1, details: JSON.stringify({ retryEnd: 1_000 }) },
  })
  const producer = kafka().producer()
  await producer.connect()
  await producer.send({ topic: stage.names.topic(catalog.operation.topic), messages: [{ key: subject, value }] })
  await producer.disconnect()
}

it('parked list shows what waits, in its order, with the failure, and without contents', async () => {
  await expect.poll(() => stage.outcomes.filter(({ kind }) => kind === 'retry').length, POLL).toBe(4)
  await expect.poll(() => applied, POLL).toEqual(['cleo plain'])
  const { parked, matched } = await runJson('parked', 'list')
  expect(matched).toBe(4)
  expect(parked.map(facts)).toEqual([
    ['anna', 'anna odd', 0, 'MUR_DATABASE_CONFLICT', 1, 0],
    ['anna', 'anna plain', 1, 'behind-parked', 0, 1],
    ['ben', 'ben odd', 2, 'MUR_DATABASE_CONFLICT', 1, 0],
    ['ben', 'ben plain', 3, 'behind-parked', 0, 1],
  ])
  const { out } = await run('parked', 'list', '--key', 'ben', '--reason', 'behind-parked')
  expect(out).toMatch(/ben plain .* behind 1\nparked: 1\n$/)
})

it('a dry run changes nothing and records nothing', async () => {
  const planned = await runJson('parked', 'discard', '--key', 'anna', '--dry-run')
  expect([planned.operations.length, planned.left]).toEqual([2, 0])
  expect(await operations()).toEqual([])
  expect((await runJson('parked', 'list')).matched).toBe(4)
})

it('retry-now tries the first record of a key, and those behind it follow in order', async () => {
  failing.delete('anna odd')
  const done = await runJson('parked', 'retry-now', '--key', 'anna', ...BECAUSE)
  expect(done.operations.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['anna odd'])
  expect(done.skipped.map(({ eventId }: { eventId: string }) => eventId)).toEqual(['anna plain'])
  await expect.poll(() => applied, POLL).toEqual(['cleo plain', 'anna odd', 'anna plain'])
})

it('discard drops a record, and its key goes on', async () => {
  await runJson('parked', 'discard', '--event-id', 'ben odd', ...BECAUSE)
  await expect.poll(() => applied.slice(3), POLL).toEqual(['ben plain'])
  await expect.poll(() => stage.outcomes.filter(({ kind }) => kind === 'discarded').length, POLL).toBe(1)
  await expect.poll(async () => (await runJson('parked', 'list')).matched, POLL).toBe(0)
  expect((await run('parked', 'discard', '--event-id', 'ben odd', ...BECAUSE)).code).toBe(1)
})

it('redrive puts a dead letter behind what is parked of its key, once however often it is said', async () => {
  await stage.say('cleo', 'late')
  await expect.poll(async () => (await runJson('parked', 'list')).matched, POLL).toBe(1)
  failing.delete('cleo poison')
  const { letters } = await runJson('letters', 'list')
  expect(letters.map(({ eventId, state, tries }: Record<string, unknown>) => [eventId, state, tries])).toEqual([
    ['cleo poison', 'open', 1],
  ])
  const first = await runJson('letters', 'redrive', '--key', 'cleo', ...BECAUSE)
  expect([first.operations.length, first.skipped.length]).toEqual([1, 0])
  for (const again of [[], ['--again']]) {
    const second = await runJson('letters', 'redrive', '--key', 'cleo', ...BECAUSE, ...again)
    expect([second.operations, second.skipped[0].why]).toEqual([[], 'was put back, and waits in the retry topic'])
  }
  const waiting = await runJson('parked', 'list')
  expect(waiting.parked.map(facts).map(([, eventId, , , , ahead]: readonly unknown[]) => [eventId, ahead])).toEqual([
    ['cleo late', 0],
    ['cleo poison', 1],
  ])
  failing.delete('cleo late')
  await runJson('parked', 'retry-now', '--event-id', 'cleo late', ...BECAUSE)
  await expect.poll(() => applied.slice(4), POLL).toEqual(['cleo late', 'cleo poison'])
})

it('a letter that was put back is left alone, and is not listed any more', async () => {
  await expect.poll(async () => (await runJson('parked', 'list')).matched, POLL).toBe(0)
  const { out } = await run('letters', 'redrive', '--key', 'cleo', ...BECAUSE)
  expect(out).toContain('was put back before by olga')
  expect((await runJson('letters', 'list')).matched).toBe(0)
  expect((await runJson('letters', 'list', '--redriven')).letters[0].state).toBe('redriven')
})

it('what an interrupted redrive only recorded is carried out by the next one, and recorded no second time', async () => {
  failing.set('cleo again', 'dead-letter')
  await stage.say('cleo', 'again')
  await expect.poll(async () => (await runJson('letters', 'list')).matched, POLL).toBe(1)
  failing.delete('cleo again')
  const planned = await runJson('letters', 'redrive', '--event-id', 'cleo again', '--dry-run')
  await recordOnly(planned.operations[0].id)
  expect((await runJson('letters', 'list')).letters[0].state).toBe('unfinished')
  await runJson('letters', 'redrive', '--event-id', 'cleo again', ...BECAUSE)
  await expect.poll(() => applied.slice(6), POLL).toEqual(['cleo again'])
})

it('the sink got each record once and in order, and there is one record per operation', async () => {
  expect(applied).toEqual([
    'cleo plain',
    'anna odd',
    'anna plain',
    'ben plain',
    'cleo late',
    'cleo poison',
    'cleo again',
  ])
  const recorded = await operations()
  expect(recorded.map(({ type, subject, actor }) => [type, subject, actor])).toEqual([
    ['operation.retry', `${topic}/0/0`, 'olga'],
    ['operation.discard', `${topic}/0/2`, 'olga'],
    ['operation.redrive', `${topic}/0/4`, 'olga'],
    ['operation.retry', `${topic}/0/6`, 'olga'],
    ['operation.redrive', `${topic}/0/7`, 'otto'],
  ])
  expect(new Set(recorded.map(({ eventId }) => eventId)).size).toBe(recorded.length)
  expect(JSON.stringify(recorded)).not.toContain('"key"')
})
