import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultMode } from '@murmuration/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultName } from './fault-report.ts'
import { BROKER_SESSION_MS, type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { playFault } from './play-fault.ts'
import { faultSeed } from './seeded.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'

/** Of three, each with a third of the partitions and no copies: what is true here is true of a third of a large cluster. */
let cluster: KafkaCluster
let ingress: IngressUnderTest

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 3, proxied: true })
  await cluster.createTopics({ prefix: '', replicationFactor: 1, minInsyncReplicas: 1 })
  ingress = await startIngress(cluster)
})

afterAll(async () => {
  await ingress?.stop()
  await cluster?.close()
})

/** A webhook needs two partitions, and two of three brokers have about four ninths of the pairs; 250 come a second. */
const LEAST_ACCEPTED_PER_SECOND = 60
const WATCHED_MS = 3_000

/** Takes a broker away, and counts what is accepted beside it once the ingress has had time to notice. */
async function playBeside(
  name: FaultName,
  fault: { readonly noticedMs: number; readonly begin: () => Promise<unknown>; readonly end: () => Promise<unknown> },
): Promise<{ readonly problems: readonly string[]; readonly refused: number; readonly perSecond: number }> {
  let accepted = 0
  const { problems, answers } = await playFault({
    name,
    cluster,
    ingress,
    prefix: '',
    usable: 'partly',
    expectedMs: fault.noticedMs + WATCHED_MS + 3_000,
    play: async () => {
      await fault.begin()
      await sleep(fault.noticedMs)
      const before = await ingress.countWebhooks('accepted')
      await sleep(WATCHED_MS)
      accepted = (await ingress.countWebhooks('accepted')) - before
      await fault.end()
      return performance.now()
    },
  })
  return { problems, refused: answers[503] ?? 0, perSecond: (accepted * 1_000) / WATCHED_MS }
}

const victim = () => cluster.node(1 + (faultSeed % 3))

function onTheLine(mode: FaultMode) {
  const { proxy } = victim()
  if (proxy === undefined) throw new TypeError('there is no proxy')
  return { begin: () => proxy.setMode(mode), end: () => proxy.setMode('pass') }
}

function expectServedBeside({ problems, refused, perSecond }: Awaited<ReturnType<typeof playBeside>>): void {
  expect(problems).toEqual([])
  expect(refused, 'the broker was not missed').toBeGreaterThan(0)
  expect(perSecond).toBeGreaterThan(LEAST_ACCEPTED_PER_SECOND)
}

describe('one-silent', () => {
  it('a broker that swallows everything, for us alone, holds up the partitions of the others once', async () => {
    expectServedBeside(await playBeside('one-silent', { noticedMs: 3_500, ...onTheLine('black-hole') }))
  })
})

describe('one-refused', () => {
  it('a broker that refuses connections, for us alone, holds up the partitions of the others once', async () => {
    expectServedBeside(await playBeside('one-refused', { noticedMs: 1_500, ...onTheLine('refuse') }))
  })
})

describe('leaderless', () => {
  it('while some partitions have no leader, who is for others only is accepted as ever', async () => {
    const { part } = victim()
    const beside = await playBeside('leaderless', {
      // Until the cluster has noticed.
      noticedMs: BROKER_SESSION_MS + 1_500,
      begin: () => part.kill(),
      end: () => part.restart(),
    })
    expectServedBeside(beside)
  })
})
