import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultMode } from '@murmuration/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultName } from './fault-report.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { type Fault, playFault } from './play-fault.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'

let cluster: KafkaCluster
let ingress: IngressUnderTest

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1, proxied: true })
  await cluster.createTopics({ prefix: '', minInsyncReplicas: 1 })
  ingress = await startIngress(cluster)
})

afterAll(async () => {
  await ingress?.stop()
  await cluster?.close()
})

/** Switches the line to the broker for some time. */
function onTheLine(name: FaultName, mode: FaultMode, options: Pick<Fault, 'usable'> & { forMs: number }): Fault {
  const { usable, forMs } = options
  return {
    name,
    cluster,
    ingress,
    prefix: '',
    usable,
    expectedMs: forMs,
    play: async () => {
      const { proxy } = cluster.node(1)
      if (proxy === undefined) throw new TypeError('there is no proxy')
      await proxy.setMode(mode)
      await sleep(forMs)
      await proxy.setMode('pass')
      return performance.now()
    },
  }
}

describe('refused', () => {
  it('a broker that refuses connections for four seconds costs nothing that was accepted', async () => {
    const { problems } = await playFault(onTheLine('refused', 'refuse', { usable: 'no', forMs: 4_000 }))
    expect(problems).toEqual([])
  })
})

describe('black-hole', () => {
  it('a broker that falls silent with open connections, and wakes up later, costs nothing that was accepted', async () => {
    const { problems } = await playFault(onTheLine('black-hole', 'black-hole', { usable: 'no', forMs: 6_000 }))
    expect(problems).toEqual([])
  })
})

describe('reset', () => {
  it('a broker that resets every connection costs nothing that was accepted', async () => {
    const { problems } = await playFault(onTheLine('reset', 'reset', { usable: 'no', forMs: 4_000 }))
    expect(problems).toEqual([])
  })
})

describe('slow-300', () => {
  it('a line that delays by 300 ms each way is slow, and still good for every webhook', async () => {
    const report = await playFault(onTheLine('slow-300', { latencyMs: 300 }, { usable: 'yes', forMs: 5_000 }))
    expect(report.problems).toEqual([])
    expect(report.answers).toEqual({ 202: report.answers[202] })
  })
})

describe('slow-1500', () => {
  it('a line that delays by 1,500 ms each way is too slow: refused in time, and what comes late harms nothing', async () => {
    const { problems } = await playFault(onTheLine('slow-1500', { latencyMs: 1_500 }, { usable: 'no', forMs: 6_000 }))
    expect(problems).toEqual([])
  })
})
