import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeoverMs } from '../order/consumer-timing.ts'
import { playConsumers, toSeconds } from './consumer-group.ts'
import {
  longest,
  over,
  pick,
  REJOIN_LIMIT_MS,
  ROUNDS,
  restart,
  SESSION_MS,
  TAKEOVER_LIMIT_MS,
} from './consumer-limits.ts'
import type { Member } from './consumer-members.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
})

afterAll(() => cluster?.close())

describe('consumer-rolling', () => {
  it('three members are restarted one after the other: nothing is repeated, and each works again within two seconds', async () => {
    const verdict = await playConsumers({
      name: 'consumer-rolling',
      cluster,
      play: async (group) => {
        const times: number[] = []
        for (const member of Array.from({ length: ROUNDS }, () => group.members.all).flat()) {
          await sleep(500 + group.random() * 1_500)
          await member.stop()
          times.push(await restart(group, member))
        }
        await sleep(1_000)
        return { problems: over(REJOIN_LIMIT_MS, 'worked again', times), note: `worked again within ${longest(times)}` }
      },
    })
    expect(verdict.problems).toEqual([])
    expect(verdict.repeats).toBe(0)
  })
})

describe('consumer-killed', () => {
  it('members are killed at random and come back at once, a little later or not at all: order holds, nothing is lost', async () => {
    const verdict = await playConsumers({
      name: 'consumer-killed',
      cluster,
      play: async (group) => {
        const times: number[] = []
        for (let kill = 0; kill < 4 * ROUNDS; kill += 1) {
          await sleep(500 + group.random() * 2_000)
          const member = pick(group)
          await member.kill()
          await sleep(group.random() < 0.5 ? 0 : group.random() * 2_000)
          times.push(await restart(group, member))
        }
        await sleep(1_000)
        const victim = pick(group)
        const { pid } = victim
        const goneMs = await victim.kill()
        await sleep(TAKEOVER_LIMIT_MS + 500)
        const moved = takeoverMs(group.sink.history, { pid, goneMs }) ?? 0
        await restart(group, victim)
        return {
          problems: [
            ...over(REJOIN_LIMIT_MS, 'worked again', times),
            ...over(TAKEOVER_LIMIT_MS, 'partitions moved', [moved]),
          ],
          note: `worked again within ${longest(times)}, partitions moved after ${toSeconds(moved)}`,
        }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})

/** Each member is killed right after some acknowledged writes to topics that end so, before anything of it is committed. */
function playKillPoint(name: 'consumer-killed-at-park' | 'consumer-killed-at-letter', suffix: string) {
  return playConsumers({
    name,
    cluster,
    // Few keys, so that the records before a parked one have just been done.
    keys: 20,
    failures: { retryShare: 0.03, refuseShare: 0.01 },
    play: async (group) => {
      const problems: string[] = []
      const times: number[] = []
      const dieOften = async (member: Member) => {
        await member.kill()
        for (let death = 0; death < 3 * ROUNDS; death += 1) {
          const writes = 1 + Math.floor(group.random() * 4)
          member.start({ KILL_AFTER_WRITE_TO: suffix, KILL_AFTER_WRITES: String(writes) })
          const end = await member.die(40_000)
          if (end?.signal !== 'SIGKILL') problems.push(`${member.clientId} did not die of writing to ${suffix}`)
          if (end === undefined) await member.kill()
        }
        times.push(await restart(group, member))
      }
      await Promise.all(group.members.all.map(dieOften))
      await sleep(1_000)
      return {
        // Others die while it joins, so the two seconds are not promised; a ghost would take the whole session.
        problems: [...problems, ...over(SESSION_MS, 'worked again', times)],
        note: `${group.members.all.length * 3 * ROUNDS} kills, worked again within ${longest(times)}`,
      }
    },
  })
}

describe('consumer-killed-at-park', () => {
  it('members are killed right after a record was appended to the retry topic: order holds, nothing is lost', async () => {
    expect((await playKillPoint('consumer-killed-at-park', '.retry')).problems).toEqual([])
  })
})

describe('consumer-killed-at-letter', () => {
  it('members are killed right after a dead letter was written: at worst it stands in the DLQ twice', async () => {
    expect((await playKillPoint('consumer-killed-at-letter', '.dlq')).problems).toEqual([])
  })
})

describe('consumer-sigterm-in-rebalance', () => {
  it('a member is told to end while the group is rebalancing: nothing is repeated, and it leaves no ghost', async () => {
    const verdict = await playConsumers({
      name: 'consumer-sigterm-in-rebalance',
      cluster,
      play: async (group) => {
        const times: number[] = []
        for (let round = 0; round < 5 * ROUNDS; round += 1) {
          await sleep(500 + group.random() * 500)
          const first = pick(group)
          const second = group.members.all.find((member) => member !== first) ?? first
          // The first one's end and its return are a rebalance each; the second one's end falls into either.
          const returning = group.random() < 0.5
          const ending = first.stop()
          if (returning) {
            await ending
            first.start()
          }
          await sleep(group.random() * (returning ? 1_500 : 500))
          await Promise.all([ending, second.stop()])
          if (!returning) first.start()
          times.push(await restart(group, second), await group.untilWorking(first))
        }
        return { problems: over(SESSION_MS, 'worked again', times), note: `worked again within ${longest(times)}` }
      },
    })
    expect(verdict.problems).toEqual([])
    expect(verdict.repeats).toBe(0)
  })
})

describe('consumer-broker-restart', () => {
  it('the only broker is stopped, and killed, and comes back: order holds, nothing is lost, nobody has to restart', async () => {
    const verdict = await playConsumers({
      name: 'consumer-broker-restart',
      cluster,
      play: async (group) => {
        const { part } = cluster.node(1)
        for (const end of [() => part.stop(), () => part.kill()]) {
          await sleep(1_000 + group.random() * 1_500)
          await end()
          await sleep(group.random() * 3_000)
          await part.restart()
        }
        await sleep(3_000)
        return { problems: [] }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})
