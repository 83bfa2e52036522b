import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDelays } from '../order/consumer-timing.ts'
import { playConsumers, type RunningGroup, toSeconds } from './consumer-group.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { isLongRun } from './seeded.ts'
import { readRssBytes } from './start-ingress.ts'

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
})

afterAll(() => cluster?.close())

const NO_FAILURES = { retryShare: 0, refuseShare: 0 }

describe('consumer-failing-key', () => {
  it('a key that fails all the time delays the handler start of no other key, and is done in order once it does not', async () => {
    const key = 'k7'
    let isFailing = false
    const verdict = await playConsumers({
      name: 'consumer-failing-key',
      cluster,
      failures: NO_FAILURES,
      isFailing: (other) => isFailing && other === key,
      play: async ({ sink, traffic }) => {
        await sleep(2_000)
        isFailing = true
        const fromMs = Date.now()
        await sleep(isLongRun ? 60_000 : 12_000)
        const toMs = Date.now()
        isFailing = false
        const own = sink.history.find(({ call }) => call.key === key)?.call.partition
        // Both halves are of the same time and machine, so what else is busy delays both.
        const delays = startDelays(sink.history, { sentMs: traffic.sentMs, fromMs, toMs })
        const others = delays.filter((delay) => delay.key !== key)
        const beside = quantile99(others.filter(({ partition }) => partition === own))
        const elsewhere = quantile99(others.filter(({ partition }) => partition !== own))
        const tries = sink.history.filter(
          ({ kind, call, atMs }) => kind === 'begin' && call.key === key && atMs > fromMs,
        )
        return {
          problems: [
            ...(beside > 1.5 * elsewhere + 100
              ? [
                  `99 of 100 handlers beside the failing key start within ${beside} ms, elsewhere within ${elsewhere} ms`,
                ]
              : []),
            ...(tries.length < 5 ? ['the failing key was hardly tried'] : []),
          ],
          note: `${tries.length} tries of the failing key, 99 of 100 handlers beside it start within ${beside} ms, elsewhere within ${elsewhere} ms`,
        }
      },
    })
    expect(verdict.problems).toEqual([])
  })
})

function quantile99(delays: readonly { readonly delayMs: number }[]): number {
  const sorted = delays.map(({ delayMs }) => delayMs).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

/** After each but the last of so many parts of the backlog, memory is looked at. */
const PARTS = 8

describe('consumer-backlog', () => {
  const records = isLongRun ? 1_000_000 : 60_000
  const patienceMs = isLongRun ? 40 * 60_000 : 4 * 60_000
  /** What may be resident of one process, bytes. A kilobyte per record would be a gigabyte. */
  const limitBytes = 400e6
  /** By how much more may be held late in the run than early in it: what is under way varies. */
  const flat = 1.25

  it(
    'a backlog with one record in twenty failing is worked off within a small heap, and nothing is lost',
    async () => {
      const verdict = await playConsumers({
        name: 'consumer-backlog',
        cluster,
        members: 1,
        keys: 10_000,
        ratePerSecond: 0,
        workMs: 0,
        concurrency: 64,
        failures: { retryShare: 0.05 },
        play: async (group) => {
          const startedMs = performance.now()
          const sizes = await whileWatching(group, async () => {
            await group.traffic.write(records)
            for (let part = 1; part <= PARTS; part += 1) {
              const untilMs = startedMs + patienceMs
              const ended = () => group.sink.ended.size
              while (ended() < (records * part) / PARTS && performance.now() < untilMs) await sleep(100)
              if (part < PARTS) process.kill(group.members.all[0]?.pid ?? 0, 'SIGUSR2')
            }
          })
          const tookMs = performance.now() - startedMs
          const peak = Math.max(...sizes)
          const held = heldBytesOf(group)
          const grew = Math.max(...held.slice(1)) > (held[0] ?? 0) * flat
          return {
            problems: [
              ...(peak > limitBytes ? [`${toMegabytes(peak)} resident`] : []),
              ...(held.length !== PARTS - 1 || grew
                ? [`held, from part to part: ${held.map(toMegabytes).join(', ')}`]
                : []),
            ],
            note: `${toSeconds(tookMs)}, held ${held.map(toMegabytes).join(', ')}, ${toMegabytes(peak)} resident at most`,
          }
        },
      })
      expect(verdict.problems).toEqual([])
    },
    patienceMs + 5 * 60_000,
  )
})

/** What the only member held each time that it was asked, after a collection, bytes. */
function heldBytesOf({ members }: RunningGroup): readonly number[] {
  const log = readFileSync(members.all[0]?.child.logFile ?? '', 'utf8')
  return [...log.matchAll(/"heldBytes":(\d+)/g)].map(([, bytes]) => Number(bytes))
}

/** Resident sizes of the only member while something is done, four a second, bytes. */
async function whileWatching({ members }: RunningGroup, act: () => Promise<void>): Promise<readonly number[]> {
  const sizes: number[] = []
  const timer = setInterval(() => sizes.push(readRssBytes(members.all[0]?.pid)), 250)
  await act().finally(() => clearInterval(timer))
  return sizes
}

function toMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
