import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@murmuration/observability'
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest'
import { createKafka } from './create-kafka.ts'
import { createKafkaGroupSource } from './kafka-group-source.ts'
import { createTopics } from './testing/create-topics.ts'
import { type WatchedSource, watchSource } from './testing/watch-source.ts'

/** The shortest that brokers take. */
const SESSION_MS = 6_000
const PROGRAM = fileURLToPath(new URL('testing/group-member-main.ts', import.meta.url))
const brokers = inject('kafkaBrokers').split(',')
const kafka = createKafka({ brokers, clientId: 'test', logger: silentLogger })
const admin = kafka.admin()
const created: string[] = []
const children: ChildProcess[] = []
const sources: WatchedSource[] = []

beforeAll(() => admin.connect())
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.all(sources.splice(0).map((source) => source.close()))
})
afterAll(async () => {
  await admin.deleteTopics({ topics: created })
  await admin.disconnect()
})

interface Line {
  readonly event: string
  readonly partitions?: readonly string[]
}

/** A group on two fresh topics of six partitions, with one member in this process. */
async function given() {
  const prefix = `process-${randomUUID().slice(0, 8)}`
  const topics = [`${prefix}.main`, `${prefix}.retry`]
  const groupId = `${prefix}.group`
  created.push(...topics)
  await createTopics(kafka, Object.fromEntries(topics.map((topic) => [topic, 6])))
  const source = await watchSource(
    createKafkaGroupSource({
      connection: { brokers, clientId: 'm0', logger: silentLogger },
      groupId,
      topics,
      sessionTimeoutMs: SESSION_MS,
      drainMs: 3_000,
      leaseMarginMs: 1_000,
      nowMs: () => performance.now(),
    }),
  )
  sources.push(source)
  await source.until(() => source.assignment() !== undefined)
  /** Starts a member as a process. @returns when it says that it has an assignment, and how long that took from its start, ms */
  const start = async (clientId: string) => {
    const args = [PROGRAM, brokers.join(), clientId, groupId, topics.join(), String(SESSION_MS)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    let startedAtMs = 0
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      if (line.event === 'starting') startedAtMs = performance.now()
      if (line.event !== 'assigned') continue
      return { child, partitions: line.partitions ?? [], tookMs: performance.now() - startedAtMs }
    }
    throw new Error('the member ended')
  }
  return { source, start, topics }
}

it('gives a member that was killed its own partitions back at once, and the others do not notice', async () => {
  const { source, start } = await given()
  const first = await start('m1')
  await source.until(() => source.assignment()?.partitions.length === 6)
  first.child.kill('SIGKILL')
  const before = source.events.length
  const second = await start('m1')
  expect(second.partitions).toEqual(first.partitions)
  expect(second.tookMs).toBeLessThan(2_000)
  expect(source.events.slice(before)).toEqual([])
})

it('shares out at once what a topic has grown by while a member was dead, though the group finds that one unchanged', async () => {
  const { source, start, topics } = await given()
  const first = await start('m1')
  await source.until(() => source.assignment()?.partitions.length === 6)
  first.child.kill('SIGKILL')
  await admin.createPartitions({ topicPartitions: topics.map((topic) => ({ topic, count: 8 })) })
  const second = await start('m1')
  expect(second.partitions).toHaveLength(8)
  // Within the session of the dead one, and before the living one looks at the topics again.
  expect(second.tookMs).toBeLessThan(SESSION_MS)
  await source.until(() => source.assignment()?.partitions.length === 8)
})

it('lets nobody in under the client id of a member that is frozen, and does once it is killed', async () => {
  const { source, start } = await given()
  const first = await start('m1')
  await source.until(() => source.assignment()?.partitions.length === 6)
  first.child.kill('SIGSTOP')
  let isIn = false
  const second = start('m1').then((started) => {
    isIn = true
    return started
  })
  // Shorter than the session: the group has not given the frozen one up.
  await new Promise((resolve) => setTimeout(resolve, SESSION_MS / 2))
  expect(isIn).toBe(false)
  first.child.kill('SIGKILL')
  expect((await second).partitions).toEqual(first.partitions)
})

it('moves the partitions of a member that was killed within its session and two seconds', async () => {
  const { source, start } = await given()
  const { child } = await start('m1')
  await source.until(() => source.assignment()?.partitions.length === 6)
  child.kill('SIGKILL')
  const killedAtMs = performance.now()
  await source.until(() => source.assignment()?.partitions.length === 12)
  expect(performance.now() - killedAtMs).toBeLessThan(SESSION_MS + 2_000)
})

it('does not take a frozen member back that was given up: its commits are refused, and it joins anew', async () => {
  const { source, start } = await given()
  const { child } = await start('m1')
  await source.until(() => source.assignment()?.partitions.length === 6)
  child.kill('SIGSTOP')
  await source.until(() => source.assignment()?.partitions.length === 12)
  child.kill('SIGCONT')
  await source.until(() => source.assignment()?.partitions.length === 6)
})
