import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeoverMs } from '../order/consumer-timing.ts'
import { playConsumers, type RunningGroup } from './consumer-group.ts'
import { longest, over, pick, REJOIN_LIMIT_MS, ROUNDS, SESSION_MS, TAKEOVER_LIMIT_MS } from './consumer-limits.ts'
import type { Member } from './consumer-members.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
})

afterAll(() => cluster?.close())

/** Slow handlers and few at once: a burst keeps the members busy for seconds. */
const BUSY = { concurrency: 8, workMs: 25 }

/** Stops a member by force in the middle of much work, so that records wait in it which a zombie would begin. */
async function freezeBusy(group: RunningGroup): Promise<Member> {
  await sleep(500 + group.random() * 1_000)
  const member = pick(group)
  await group.traffic.write(2_000)
  await sleep(group.random() * 500)
  member.freeze()
  return member
}

describe('consumer-frozen', () => {
  it('a member stands still for longer than its session and wakes: it ends the calls that it had begun, and begins none', async () => {
    const verdict = await playConsumers({
      name: 'consumer-frozen',
      cluster,
      ...BUSY,
      play: async (group) => {
        const moved: number[] = []
        for (let round = 0; round < ROUNDS; round += 1) {
          const member = await freezeBusy(group)
          const { pid } = member
          const goneMs = Date.now()
          await sleep(TAKEOVER_LIMIT_MS + group.random() * 3_000)
          member.thaw()
          await sleep(4_000)
          const took = takeoverMs(group.sink.history, { pid, goneMs })
          if (took !== undefined) moved.push(took)
        }
        return {
          problems: [
            ...over(TAKEOVER_LIMIT_MS, 'partitions moved', moved),
            ...(moved.length === 0 ? ['nobody who was frozen had a partition'] : []),
          ],
          note: `partitions moved after ${longest(moved)}`,
        }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})

describe('consumer-replaced', () => {
  it('a member wakes after its lease, when another process has long taken its place: it ends the calls that it had begun, begins none, and gives up', async () => {
    const verdict = await playConsumers({
      name: 'consumer-replaced',
      cluster,
      ...BUSY,
      play: async (group) => {
        const problems: string[] = []
        const times: number[] = []
        for (let round = 0; round < ROUNDS; round += 1) {
          const member = await freezeBusy(group)
          const wake = member.replace()
          times.push(await group.untilWorking(member))
          await sleep(SESSION_MS + group.random() * 2_000)
          const { code, signal } = await wake()
          if (signal !== null || code === 0) problems.push(`who was replaced ended with ${code ?? signal}`)
        }
        return {
          problems: [...problems, ...over(REJOIN_LIMIT_MS, 'worked in its place', times)],
          note: `worked in its place within ${longest(times)}`,
        }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})
