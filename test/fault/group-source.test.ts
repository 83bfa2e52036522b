import { setTimeout as sleep } from 'node:timers/promises'
import { applyTopology, createKafkaGroupSource } from '@murmuration/kafka'
import { type WatchedSource, watchSource } from '@murmuration/kafka/testing'
import { silentLogger } from '@murmuration/observability'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'

const SESSION_MS = 6_000
const MARGIN_MS = 1_000
const PARTITIONS = 6
const topic = 'group-source.main'

let cluster: KafkaCluster
let source: WatchedSource
let sent = 0

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 3, proxied: true })
  await applyTopology(cluster.kafka, [{ topic, partitions: PARTITIONS, replicationFactor: 3, config: {} }])
  source = await join('m0', 'group-source', [topic])
})

afterAll(async () => {
  await source?.close()
  await cluster?.close()
})

/** A member that has been assigned something. */
async function join(clientId: string, groupId: string, topics: readonly string[]): Promise<WatchedSource> {
  const joined = await watchSource(
    createKafkaGroupSource({
      connection: { brokers: cluster.brokers, clientId, logger: silentLogger },
      groupId,
      topics,
      sessionTimeoutMs: SESSION_MS,
      drainMs: 3_000,
      leaseMarginMs: MARGIN_MS,
      nowMs: () => performance.now(),
    }),
  )
  await joined.until(() => joined.assignment() !== undefined)
  return joined
}

/** One record to each partition. Each try has a client of its own: kafkajs forgets records when a leader moves between its tries. */
async function send(): Promise<void> {
  sent += 1
  await sendTo(topic, { partitions: PARTITIONS, value: String(sent) })
}

async function sendTo(topic: string, what: { readonly partitions: number; readonly value: string }): Promise<void> {
  const messages = Array.from({ length: what.partitions }, (_, partition) => ({ partition, value: what.value }))
  const once = async () => {
    const producer = cluster.kafka.producer({ retry: { retries: 0 } })
    try {
      await producer.connect()
      await producer.send({ topic, acks: -1, messages })
      return true
    } catch {
      return false
    } finally {
      await producer.disconnect()
    }
  }
  await expect.poll(once, { timeout: 60_000 }).toBe(true)
}

/** Values that came of each partition, copies left out: a producer that tries again may write twice. */
const read = () => new Set(source.records.map(({ partition, value }) => `${partition}:${value}`)).size

async function commit(): Promise<boolean> {
  const { epoch = 0, partitions = [] } = source.assignment() ?? {}
  return source.commit(
    partitions.map((at) => ({ ...at, offset: 0, metadata: `after ${sent}` })),
    epoch,
  )
}

describe('group-source', () => {
  it('the lease runs out while no broker answers, and the member reads and commits again when they do', async () => {
    await send()
    await source.until(() => read() === PARTITIONS * sent)
    await Promise.all(cluster.nodes.map(({ proxy }) => proxy?.setMode('black-hole')))
    // The fault's own time.
    await sleep(SESSION_MS)
    expect(source.leaseUntilMs()).toBeLessThan(performance.now())
    expect(source.problem()).toBeDefined()
    await Promise.all(cluster.nodes.map(({ proxy }) => proxy?.setMode('pass')))
    await send()
    await source.until(() => read() === PARTITIONS * sent)
    await expect.poll(() => source.leaseUntilMs() > performance.now(), { timeout: 10_000 }).toBe(true)
    await expect.poll(commit, { timeout: 10_000 }).toBe(true)
    expect(source.events.some((event) => event.startsWith('failed'))).toBe(false)
  })

  it.each([1, 2, 3])('a member goes on when broker %i of three is killed', async (id) => {
    const { part } = cluster.node(id)
    await part.kill()
    await send()
    await source.until(() => read() === PARTITIONS * sent)
    await expect.poll(() => commit().catch(() => false), { timeout: 20_000 }).toBe(true)
    await part.restart()
    expect(source.events.some((event) => event.startsWith('failed'))).toBe(false)
  })

  it('a partition without a leader holds up nobody else: members read on, and others join', async () => {
    const [single, safe] = ['leaderless.single', 'leaderless.safe']
    await applyTopology(cluster.kafka, [
      { topic: single, partitions: 3, replicationFactor: 1, config: {} },
      { topic: safe, partitions: 3, replicationFactor: 3, config: {} },
    ])
    const first = await join('m0', 'leaderless', [single, safe])
    const { part } = cluster.node(3)
    await part.kill()
    await sendTo(safe, { partitions: 3, value: 'one' })
    const values = (of: WatchedSource, topic: string) =>
      of.records.filter((record) => record.topic === topic).map(({ partition, value }) => `${partition}:${value}`)
    const all = (value: string) => [0, 1, 2].map((partition) => `${partition}:${value}`)
    await first.until(() => all('one').every((wanted) => values(first, safe).includes(wanted)))
    await expect.poll(() => first.problem(), { timeout: 20_000 }).toContain(`no leader is known of ${single}`)

    const second = await join('m1', 'leaderless', [single, safe])
    await first.until(() => (first.assignment()?.partitions.length ?? 6) < 6)
    await sendTo(safe, { partitions: 3, value: 'two' })
    const read = () => [first, second].flatMap((member) => values(member, safe))
    await expect.poll(() => all('two').every((wanted) => read().includes(wanted)), { timeout: 20_000 }).toBe(true)

    await part.restart()
    await sendTo(single, { partitions: 3, value: 'three' })
    const back = () => [first, second].flatMap((member) => values(member, single))
    await expect.poll(() => all('three').every((wanted) => back().includes(wanted)), { timeout: 20_000 }).toBe(true)
    await expect.poll(() => [first.problem(), second.problem()], { timeout: 20_000 }).toEqual([undefined, undefined])
    await Promise.all([first.close(), second.close()])
  })
})
