import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeoverMs } from '../order/consumer-timing.ts'
import { playConsumers, type RunningGroup } from './consumer-group.ts'
import { longest, over, pick, REJOIN_LIMIT_MS, ROUNDS, TAKEOVER_LIMIT_MS } from './consumer-limits.ts'
import { ELSEWHERE, type Member } from './consumer-members.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
})

afterAll(() => cluster?.close())

/** Slow handlers and few at once: a burst keeps the members busy for seconds. */
const BUSY = { concurrency: 8, workMs: 25 }

/** Long enough for a lease to end, short enough for a session to go on, ms. */
const SHORT_FREEZE_MS = 8_000

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
  it('a member that is frozen is replaced from another machine: that one waits for the end of the session, and who wakes ends the calls that it had begun, begins none, and gives up', async () => {
    const verdict = await playConsumers({
      name: 'consumer-replaced',
      cluster,
      ...BUSY,
      play: async (group) => {
        const problems: string[] = []
        const times: number[] = []
        for (let round = 0; round < ROUNDS; round += 1) {
          const member = await freezeBusy(group)
          const frozenMs = Date.now()
          const wake = member.replace()
          await group.untilWorking(member)
          times.push(Date.now() - frozenMs)
          await sleep(group.random() * 2_000)
          const { code, signal } = await wake()
          if (signal !== null || code === 0) problems.push(`who was replaced ended with ${code ?? signal}`)
        }
        return {
          problems: [...problems, ...over(TAKEOVER_LIMIT_MS + REJOIN_LIMIT_MS, 'worked in its place', times)],
          note: `worked in its place ${longest(times)} after it froze`,
        }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})

describe('consumer-refused', () => {
  it('a process starts under the client id of a member that stands still and wakes in time: it is refused, here and from another machine, and handles nothing', async () => {
    const verdict = await playConsumers({
      name: 'consumer-refused',
      cluster,
      ...BUSY,
      play: async (group) => {
        const problems: string[] = []
        for (const settings of Array.from({ length: ROUNDS }, () => [{}, ELSEWHERE]).flat()) {
          const member = await freezeBusy(group)
          const rival = member.rival(settings)
          await sleep(group.random() * SHORT_FREEZE_MS)
          member.thaw()
          const { code } = await rival.exited
          if (code !== 1) problems.push(`who should have been refused ended with ${code}`)
          if (group.sink.firstCallMs(rival.pid ?? 0) !== undefined) problems.push('who was refused had a call')
        }
        return { problems }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})
