import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LatencySummary, type LoadResult, toLatencySummary } from '../load/load-result.ts'
import { startLoad } from '../load/start-load.ts'
import type { AnsweredLoad } from '../load/verify-accepted.ts'
import { keepReport } from './fault-report.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { findTopicProblems, readWhole } from './read-whole.ts'
import { faultSeed, isLongRun } from './seeded.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'
import { watchIngress } from './watch-ingress.ts'

const HELD_PER_SECOND = 500
const OFFERED_PER_SECOND = 5_000
const MEASURE_MS = isLongRun ? 60_000 : 20_000
/** The load's own process is cold at first, and opens two thousand connections: times are held to their bars after that. */
const COLD_MS = 3_000
const ACCEPTED_P99_MS = 1_000
const REFUSED_P99_MS = 100
const RSS_LIMIT_BYTES = 500e6
const KEYS = 2_000
/** Webhooks that tell how many bytes one is to Kafka, and make the process warm: an overload seldom meets one that has just started. */
const SAMPLE = 30_000
const topics = [catalog['raw-webhook'].topic, catalog.message.topic]

let cluster: KafkaCluster
let ingress: IngressUnderTest

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
  await cluster.createTopics({ prefix: '', minInsyncReplicas: 1 })
  ingress = await startIngress(cluster)
})

afterAll(async () => {
  await ingress?.stop()
  await cluster?.close()
})

async function load(
  number: number,
  count: number,
  loop: Parameters<typeof startLoad>[0]['loop'],
): Promise<AnsweredLoad & { readonly result: LoadResult }> {
  const plan = { seed: faultSeed, load: number, count, keys: KEYS, forgedEvery: 0 }
  const options = { plan, target: ingress.target, loop, warmupMs: 0, requestTimeoutMs: 10_000 }
  return { plan, result: await startLoad(options) }
}

/** Of a webhook's records together. */
async function measureBytesPerWebhook(): Promise<number> {
  let bytes = 0
  for (const topic of topics) {
    const sum = await readWhole(cluster, topic, () => {
      const total = {
        bytes: 0,
        add: (record: { key: Buffer | null; value: Buffer | null }) => {
          total.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
        },
      }
      return total
    })
    bytes += sum.bytes
  }
  return bytes / SAMPLE
}

/** Times to the answers with these statuses, from sending, to what was sent from a time on, ms. */
function timesOf(result: LoadResult, statuses: readonly number[], fromMs: number): readonly number[] {
  const wanted = [...result.status.keys()].filter(
    (index) => statuses.includes(result.status[index] ?? 0) && (result.sentMs[index] ?? 0) >= fromMs,
  )
  return wanted.map((index) => (result.answeredMs[index] ?? 0) - (result.sentMs[index] ?? 0))
}

function latenciesOf(result: LoadResult, statuses: readonly number[], fromMs = 0): LatencySummary {
  return toLatencySummary(timesOf(result, statuses, fromMs))
}

/** How late the load itself was at worst, ms: what the machine could not do is not the ingress's. */
function latenessOf(result: LoadResult): number {
  let worst = 0
  for (const [index, latencyMs] of result.latencyMs.entries()) {
    const late = latencyMs - ((result.answeredMs[index] ?? 0) - (result.sentMs[index] ?? 0))
    if (late > worst) worst = late
  }
  return worst
}

describe('overload', () => {
  it('ten times what Kafka may take: a tenth is accepted within a second, the rest refused at once, nothing is lost', async () => {
    const sample = await load(1, SAMPLE, { kind: 'closed', connections: 64 })
    const bytesPerWebhook = await measureBytesPerWebhook()
    await cluster.setProducerQuota(HELD_PER_SECOND * bytesPerWebhook)
    const watch = watchIngress(ingress)
    const count = (OFFERED_PER_SECOND * MEASURE_MS) / 1_000
    const loop = {
      kind: 'open',
      ratePerSecond: OFFERED_PER_SECOND,
      measureMs: MEASURE_MS,
      maxConnections: 2_000,
    } as const
    const main = await load(2, count, loop)
    watch.stop()
    const tooLate = await ingress.countWebhooks('unavailable')
    await cluster.setProducerQuota(undefined)

    const { result } = main
    const [allAccepted, allRefused] = [latenciesOf(result, [202]), latenciesOf(result, [429, 503])]
    const accepted = latenciesOf(result, [202], COLD_MS)
    const refused = latenciesOf(result, [429, 503], COLD_MS)
    const slow = timesOf(result, [429, 503], COLD_MS).filter((ms) => ms > REFUSED_P99_MS)
    const seconds = MEASURE_MS / 1_000
    const sent = result.status.filter((status) => status !== 0).length
    const odd = result.status.filter((status) => status > 1 && ![202, 429, 503].includes(status)).length
    const told = (result.retryAfter[503] ?? 0) + (result.retryAfter[429] ?? 0)
    const problems = [
      // Times are held to their bars in the long run, which somebody watches on a quiet machine; here they are told.
      ...(!isLongRun || accepted.p99 < ACCEPTED_P99_MS ? [] : [`accepted: p99 ${Math.round(accepted.p99)} ms`]),
      ...(!isLongRun || refused.p99 < REFUSED_P99_MS ? [] : [`refused: p99 ${Math.round(refused.p99)} ms`]),
      ...(!isLongRun || slow.length <= allRefused.count / 10_000
        ? []
        : [`${slow.length} refused after more than ${REFUSED_P99_MS} ms`]),
      ...(allAccepted.count > HELD_PER_SECOND * seconds * 0.5
        ? []
        : [`${allAccepted.count} accepted: far below the quota`]),
      ...(told === allRefused.count ? [] : [`${allRefused.count - told} refusals without Retry-After`]),
      ...(odd === 0 ? [] : [`${odd} answers that are neither 202, 429 nor 503`]),
      ...Object.entries(result.transportErrors).map(([reason, count]) => `${count} without an answer: ${reason}`),
      ...(ingress.part.isRunning() ? [] : ['the process ended']),
      ...(watch.peakRssBytes() < RSS_LIMIT_BYTES ? [] : [`${Math.round(watch.peakRssBytes() / 1e6)} MB resident`]),
    ]
    for (const topic of topics) problems.push(...(await findTopicProblems(cluster, topic, [sample, main])))
    keepReport({
      name: 'overload',
      answers: { 202: allAccepted.count, refused: allRefused.count, ...result.transportErrors },
      maxAnswerMs: Math.max(allAccepted.max, allRefused.max),
      firstMs: Number.NaN,
      steadyMs: Number.NaN,
      notReady: undefined,
      peakRssBytes: watch.peakRssBytes(),
      note:
        `offered ${Math.round(sent / seconds)}/s (${result.unsent} due and not sent), accepted ${Math.round(allAccepted.count / seconds)}/s, ` +
        `from second ${COLD_MS / 1_000} on accepted p50 ${Math.round(accepted.p50)} p99 ${Math.round(accepted.p99)} max ${Math.round(accepted.max)} ms, ` +
        `refused p50 ${refused.p50.toFixed(1)} p99 ${Math.round(refused.p99)} max ${Math.round(refused.max)} ms, ` +
        `${slow.length} of them after more than ${REFUSED_P99_MS} ms; ` +
        `all in all accepted p99 ${Math.round(allAccepted.p99)}, refused p99 ${Math.round(allRefused.p99)} ms, ` +
        `sent at most ${Math.round(latenessOf(result))} ms late, ` +
        `${tooLate} of them at their deadline`,
      problems,
    })
    expect(problems).toEqual([])
  })
})
