import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playConsumers } from './consumer-group.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { isLongRun } from './seeded.ts'

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 3 })
})

afterAll(() => cluster?.close())

describe('consumer-broker-killed', () => {
  it('a broker is killed out of three and comes back: order holds, nothing is lost, nobody has to restart', async () => {
    const verdict = await playConsumers({
      name: 'consumer-broker-killed',
      cluster,
      play: async (group) => {
        for (let kill = 0; kill < (isLongRun ? 6 : 2); kill += 1) {
          await sleep(1_000 + group.random() * 1_500)
          const { part } = cluster.node(1 + Math.floor(group.random() * 3))
          await part.kill()
          await sleep(3_000 + group.random() * 3_000)
          await part.restart()
          await sleep(3_000)
        }
        return { problems: [] }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})
