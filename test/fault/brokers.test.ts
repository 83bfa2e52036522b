import { setTimeout as sleep } from 'node:timers/promises'
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultReport } from './fault-report.ts'
import { type ClusterNode, type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { type Fault, playFault } from './play-fault.ts'
import { createRandom, faultSeed } from './seeded.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'

const random = createRandom(faultSeed)

let cluster: KafkaCluster
let ingress: IngressUnderTest

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 3 })
  await cluster.createTopics({ prefix: '', minInsyncReplicas: 2 })
  ingress = await startIngress(cluster)
})

afterAll(async () => {
  await ingress?.stop()
  await cluster?.close()
})

interface PartitionState {
  readonly leader: number
  readonly inSync: number
}

async function partitionsOf(topic: string): Promise<readonly PartitionState[]> {
  const admin = cluster.kafka.admin()
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.flatMap(({ partitions }) => partitions.map(({ leader, isr }) => ({ leader, inSync: isr.length })))
  } finally {
    await admin.disconnect()
  }
}

/** One of those that lead a partition of the messages; the seed says which. */
async function pickLeader(): Promise<ClusterNode> {
  const leaders = [...new Set((await partitionsOf(catalog.message.topic)).map(({ leader }) => leader))].sort()
  const id = leaders[Math.floor(random() * leaders.length)]
  if (id === undefined) throw new TypeError('nobody leads')
  return cluster.node(id)
}

/** Plays a fault that takes a node away, and brings it back in any case, until it has every copy again. */
async function playWithout(
  node: ClusterNode,
  fault: Pick<Fault, 'name' | 'expectedMs' | 'play'>,
): Promise<FaultReport> {
  try {
    return await playFault({ ...fault, cluster, ingress, prefix: '', usable: 'partly' })
  } finally {
    await node.part.restart()
    const copies = async () => (await partitionsOf(catalog.message.topic)).map(({ inSync }) => inSync)
    await expect.poll(async () => Math.min(...(await copies())), { timeout: 30_000 }).toBe(3)
  }
}

describe('leader-killed', () => {
  it('the leader of some partitions is killed: the others take its place, and nothing that was accepted is missing', async () => {
    const node = await pickLeader()
    const { problems, answers } = await playWithout(node, {
      name: 'leader-killed',
      expectedMs: 7_000,
      // From here on the cluster mends itself; the time that it takes counts as ours.
      play: async () => {
        await node.part.kill()
        return performance.now()
      },
    })
    expect(problems).toEqual([])
    expect(answers[503], 'no partition was without its leader').toBeGreaterThan(0)
  })
})

describe('leader-stopped', () => {
  it('the leader of some partitions is stopped in order: the others take its place', async () => {
    const node = await pickLeader()
    const { problems } = await playWithout(node, {
      name: 'leader-stopped',
      expectedMs: 5_000,
      play: async () => {
        const startedMs = performance.now()
        await node.part.stop()
        return startedMs
      },
    })
    expect(problems).toEqual([])
  })
})

describe('not-enough-replicas', () => {
  it('while a copy that the topics insist on is missing everything is refused, and accepted once it is back', async () => {
    const prefix = 'insistent.'
    await cluster.createTopics({ prefix, minInsyncReplicas: 3 })
    const insistent = await startIngress(cluster, { KAFKA_TOPIC_PREFIX: prefix })
    const node = await pickLeader()
    try {
      const { problems } = await playFault({
        name: 'not-enough-replicas',
        cluster,
        ingress: insistent,
        prefix,
        usable: 'no',
        expectedMs: 8_000,
        play: async () => {
          await node.part.stop()
          await sleep(3_000)
          await node.part.restart()
          return performance.now()
        },
      })
      expect(problems).toEqual([])
    } finally {
      await insistent.stop()
    }
  })
})
