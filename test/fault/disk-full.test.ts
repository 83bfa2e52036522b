import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { playFault } from './play-fault.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'

const DISK_MEGABYTES = 96

let cluster: KafkaCluster
let ingress: IngressUnderTest

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1, diskMegabytes: DISK_MEGABYTES })
  await cluster.createTopics({ prefix: '', minInsyncReplicas: 1 })
  ingress = await startIngress(cluster)
})

afterAll(async () => {
  await ingress?.stop()
  await cluster?.close()
})

describe('disk-full', () => {
  it('a broker whose disk is full halts; when there is room and it is started again, everything accepted is there', async () => {
    const { disk, part } = cluster.node(1)
    if (disk === undefined) throw new TypeError('there is no disk')
    const { problems } = await playFault({
      name: 'disk-full',
      cluster,
      ingress,
      prefix: '',
      usable: 'no',
      expectedMs: 7_000,
      play: async () => {
        await disk.fill()
        // Kafka gives up a folder that it can't write to, and ends with its last one.
        await part.exited
        await sleep(1_000)
        await disk.free()
        await part.restart()
        return performance.now()
      },
    })
    expect(problems).toEqual([])
  })
})
