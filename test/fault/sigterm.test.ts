import { setTimeout as sleep } from 'node:timers/promises'
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_ANSWER } from '../load/load-result.ts'
import { startLoad } from '../load/start-load.ts'
import { keepReport } from './fault-report.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { findTopicProblems } from './read-whole.ts'
import { createRandom, faultSeed } from './seeded.ts'
import { startIngress } from './start-ingress.ts'
import { watchIngress } from './watch-ingress.ts'

/** What a sender does when the process is told to end: a balancer that takes it out, or somebody who goes on regardless. */
const senders = [
  { name: 'balancer', goesOnMs: 250 },
  { name: 'balancer', goesOnMs: 0 },
  { name: 'regardless', goesOnMs: 1_500 },
] as const

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
  await cluster.createTopics({ prefix: '', minInsyncReplicas: 1 })
})

afterAll(() => cluster?.close())

/** Ends the ingress in the middle of a load. */
async function endUnderLoad(sender: (typeof senders)[number], load: number, afterMs: number) {
  const ingress = await startIngress(cluster)
  const watch = watchIngress(ingress)
  const plan = { seed: faultSeed, load, count: 40_000, keys: 200, forgedEvery: 0 }
  const loop = { kind: 'closed', connections: 64, measureMs: afterMs + sender.goesOnMs } as const
  const prepared = Promise.withResolvers<void>()
  const loading = startLoad(
    { plan, target: ingress.target, loop, warmupMs: 0, requestTimeoutMs: 10_000 },
    (phase) => phase === 'prepared' && prepared.resolve(),
  )
  loading.catch(prepared.reject)
  await prepared.promise
  await sleep(afterMs)
  const startedMs = performance.now()
  const code = await ingress.stop()
  const tookMs = performance.now() - startedMs
  watch.stop()
  return { sender, code, tookMs, plan, result: await loading, peakRssBytes: watch.peakRssBytes() }
}

describe('sigterm', () => {
  it('SIGTERM under load: whoever stops within a quarter of a second gets every answer, nothing accepted is lost, exit code 0', async () => {
    const random = createRandom(faultSeed)
    const ended = []
    for (const [index, sender] of senders.entries())
      ended.push(await endUnderLoad(sender, index + 1, 700 + random() * 600))
    const problems: string[] = []
    const answers: Record<string, number> = {}
    let maxAnswerMs = 0
    let reset = 0
    for (const { sender, code, result } of ended) {
      if (code !== 0) problems.push(`exit code ${code}`)
      for (const [reason, count] of Object.entries(result.transportErrors)) {
        // Somebody who connects at the moment at which the port closes is reset by the system: nobody has read a byte.
        if (reason === 'ECONNRESET') reset += count
        const isLate = sender.name === 'regardless' && (reason === 'ECONNREFUSED' || reason === 'ECONNRESET')
        if (!isLate) problems.push(`${count} requests without an answer: ${reason}`)
      }
      for (const [index, status] of result.status.entries()) {
        if (status <= NO_ANSWER) continue
        answers[status] = (answers[status] ?? 0) + 1
        maxAnswerMs = Math.max(maxAnswerMs, result.latencyMs[index] ?? 0)
      }
    }
    for (const { topic } of [catalog['raw-webhook'], catalog.message]) {
      problems.push(...(await findTopicProblems(cluster, topic, ended)))
    }
    const odd = Object.keys(answers).filter((status) => status !== '202' && status !== '503')
    if (odd.length > 0) problems.push(`answers that are neither 2xx nor 503: ${odd.join(', ')}`)
    keepReport({
      name: 'sigterm',
      answers,
      maxAnswerMs,
      firstMs: Number.NaN,
      steadyMs: Number.NaN,
      notReady: undefined,
      peakRssBytes: Math.max(...ended.map(({ peakRssBytes }) => peakRssBytes)),
      note: `after SIGTERM ended in ${ended.map(({ tookMs }) => `${Math.round(tookMs)} ms`).join(', ')}; ${reset} requests reset`,
      problems,
    })
    expect(problems).toEqual([])
  })
})
