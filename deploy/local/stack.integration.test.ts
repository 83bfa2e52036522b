import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { type ChildExit, type LocalStack, startStack } from './src/index.ts'

const HOME = fileURLToPath(new URL('../../.murmuration', import.meta.url))

async function start(root: string, onExit?: (name: string, exit: ChildExit) => void): Promise<LocalStack> {
  const stack = await startStack({
    home: HOME,
    dataDir: join(root, 'data'),
    logDir: join(root, 'logs'),
    external: {},
    env: process.env,
    onProgress: () => {},
    ...(onExit === undefined ? {} : { onExit }),
  })
  onTestFinished(() => stack.stop())
  return stack
}

it('keeps records, schemas and rows through a crash of Kafka and a restart of everything', async () => {
  const root = mkdtempSync(join(tmpdir(), 'murmur-stack-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const crashed = Promise.withResolvers<string>()
  const first = await start(root, (name) => crashed.resolve(name))

  await createTopic(first)
  await produce(first, 'before the crash')
  const schemaId = await registerSchema(first)
  await query(await first.database.ensureDatabase('shop'), 'CREATE TABLE kept AS SELECT 42 AS answer')
  expect(await refusesIncompatibleSchema(first)).toBe(409)

  await first.kafka.part?.kill()
  expect(await crashed.promise).toBe('kafka')
  await first.kafka.part?.restart()
  await produce(first, 'after the crash')

  const pids = [first.kafka.part?.pid, first.registry.part?.pid, first.database.part?.pid]
  await first.stop()
  expect(pids.filter((pid) => pid !== undefined && isAlive(pid))).toEqual([])
  await expect(first.kafka.part?.restart()).rejects.toThrow('kafka is closed')

  const second = await start(root)
  expect(await readAll(second, 2)).toEqual(['before the crash', 'after the crash'])
  expect(await registerSchema(second)).toBe(schemaId)
  expect(await query(await second.database.ensureDatabase('shop'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
}, 180_000)

it('names the part that did not start, why, and its log, and stops the others', async () => {
  const root = mkdtempSync(join(tmpdir(), 'murmur-stack-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  await (await start(root)).stop()
  rmSync(join(root, 'data', 'database', 'cluster', 'PG_VERSION'))
  const failure = String(await start(root).catch((error: unknown) => error))
  expect(failure).toContain('PostgreSQL did not start')
  expect(failure).toContain('PG_VERSION')
  expect(failure).toContain(join(root, 'logs', 'database.log'))
}, 180_000)

function client(stack: LocalStack) {
  return new Kafka({ brokers: [stack.kafka.brokers], logLevel: logLevel.NOTHING })
}

async function createTopic(stack: LocalStack) {
  const admin = client(stack).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'letters', numPartitions: 1 }], waitForLeaders: true })
  await admin.disconnect()
}

async function produce(stack: LocalStack, value: string) {
  const producer = client(stack).producer()
  await producer.connect()
  await producer.send({ topic: 'letters', acks: -1, messages: [{ value }] })
  await producer.disconnect()
}

async function readAll(stack: LocalStack, count: number): Promise<readonly string[]> {
  const consumer = client(stack).consumer({ groupId: 'reader' })
  const values: string[] = []
  const complete = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic: 'letters', fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (values.push(String(message.value)) === count) complete.resolve()
    },
  })
  await complete.promise
  await consumer.disconnect()
  return values
}

const record = (fields: readonly object[]) => JSON.stringify({ type: 'record', name: 'Letter', fields })

function postSchema(stack: LocalStack, schema: string) {
  return fetch(`${stack.registry.url}/subjects/letters-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema }),
  })
}

async function registerSchema(stack: LocalStack): Promise<unknown> {
  const response = await postSchema(stack, record([{ name: 'text', type: 'string' }]))
  return ((await response.json()) as { readonly id: number }).id
}

async function refusesIncompatibleSchema(stack: LocalStack): Promise<number> {
  return (await postSchema(stack, record([{ name: 'other', type: 'string' }]))).status
}

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const database = new pg.Client({ connectionString: url })
  await database.connect()
  const { rows } = await database.query(text)
  await database.end()
  return rows
}

/** A process that nobody has collected yet counts as ended. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z'
  } catch {
    return false
  }
}
