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
  source = await watchSource(
    createKafkaGroupSource({
      connection: { brokers: cluster.brokers, clientId: 'm0', logger: silentLogger },
      groupId: 'group-source',
      topics: [topic],
      sessionTimeoutMs: SESSION_MS,
      drainMs: 3_000,
      leaseMarginMs: MARGIN_MS,
      nowMs: () => performance.now(),
    }),
  )
  await source.until(() => source.assignment() !== undefined)
})

afterAll(async () => {
  await source?.close()
  await cluster?.close()
})

/** One record to each partition. Each try has a client of its own: kafkajs forgets records when a leader moves between its tries. */
async function send(): Promise<void> {
  sent += 1
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: String(sent) }))
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
})
