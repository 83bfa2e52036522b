import { setTimeout as sleep } from 'node:timers/promises'
import { catalog } from '@murmuration/schemas'
import { NO_ANSWER } from '../load/load-result.ts'
import { startLoad } from '../load/start-load.ts'
import type { AnsweredLoad } from '../load/verify-accepted.ts'
import { type FaultName, type FaultReport, keepReport } from './fault-report.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { findTopicProblems } from './read-whole.ts'
import { createRandom, faultSeed } from './seeded.ts'
import type { IngressUnderTest } from './start-ingress.ts'
import { watchIngress } from './watch-ingress.ts'
import { watchMachine } from './watch-machine.ts'

/** The promise is 2 s; a machine that is busy with brokers, load and us gets some more before it is broken. */
const ANSWER_LIMIT_MS = 2_200
/** Each of them may come as late as the machine stands still: to send, to receive, to give up, to see the answer. */
const WAKE_UPS_OF_A_REQUEST = 4
/** No standstill excuses more, ms. */
const MAX_STANDSTILL_MS = 200
/** Everything has to be accepted again by then, from the fault's end, ms. */
const RECOVERY_LIMIT_MS = 10_000
const RSS_LIMIT_BYTES = 400e6
const RATE_PER_SECOND = 250
const KEYS = 100
/** After the fault's end the load goes on at least so long, ms. */
const AFTER_MS = 2_500
const FOLLOW_UP_MS = 1_500

export interface Fault {
  readonly name: FaultName
  readonly cluster: KafkaCluster
  readonly ingress: IngressUnderTest
  readonly prefix: string
  /** How long `play` will take at most, ms. */
  readonly expectedMs: number
  /** Breaks and heals. @returns when the fault was over, monotonic ms */
  play(): Promise<number>
  /** Whether the cluster can be used at all meanwhile; `no`: the ingress has to call itself not ready. */
  readonly usable: 'no' | 'partly' | 'yes'
  /** Topics that hold only what was accepted after the fault's end. */
  readonly emptied?: readonly string[]
}

let loads = 0

/** A load as this process saw it: its times are on our clock. */
interface PlayedLoad extends AnsweredLoad {
  readonly result: Awaited<ReturnType<typeof startLoad>>
  /** When it began, monotonic ms; some milliseconds late. */
  readonly startedMs: number
}

/**
 * Plays a fault under an open-loop load, until all is well again, and compares the answers with the topics.
 *
 * Its `problems` are empty when what was accepted is in the topics, in order, every request was answered in time, what was
 * refused was told when to come again, service came back by itself, and the process stayed up, small and honest.
 */
export async function playFault(fault: Fault): Promise<FaultReport> {
  const random = createRandom(faultSeed + loads)
  const watch = watchIngress(fault.ingress)
  const machine = watchMachine()
  const beforeMs = 1_000 + random() * 500
  const loading = startOpenLoad(fault, beforeMs + fault.expectedMs + AFTER_MS)
  const played: PlayedLoad[] = []
  let endedMs: number
  try {
    await loading.prepared
    await sleep(beforeMs)
    endedMs = await fault.play()
  } finally {
    played.push(await loading.finished)
  }
  while (performance.now() < endedMs + RECOVERY_LIMIT_MS && !isSteady(played.at(-1)))
    played.push(await startOpenLoad(fault, FOLLOW_UP_MS).finished)
  if (fault.usable === 'no') await untilReady(watch, endedMs + RECOVERY_LIMIT_MS)
  watch.stop()
  machine.stop()
  const standstillMs = machine.longestStandstillMs()
  const report = await judge(fault, { played, endedMs, watch, standstillMs })
  keepReport(report)
  return report
}

function startOpenLoad(fault: Fault, measureMs: number) {
  loads += 1
  const count = Math.ceil((RATE_PER_SECOND * measureMs) / 1_000) + 1
  const plan = { seed: faultSeed, load: loads, count, keys: KEYS, forgedEvery: 0 }
  const prepared = Promise.withResolvers<void>()
  let startedMs = 0
  const loop = { kind: 'open', ratePerSecond: RATE_PER_SECOND, measureMs, maxConnections: 2_000 } as const
  const options = { plan, target: fault.ingress.target, loop, warmupMs: 0, requestTimeoutMs: 10_000 }
  const result = startLoad(options, (phase) => {
    if (phase !== 'prepared') return
    startedMs = performance.now()
    prepared.resolve()
  })
  result.catch(prepared.reject)
  return {
    prepared: prepared.promise,
    finished: result.then((done): PlayedLoad => ({ plan, result: done, startedMs })),
  }
}

/** Its last quarter was accepted whole. */
function isSteady(load: PlayedLoad | undefined): boolean {
  const answered = [...(load?.result.status ?? [])].filter((status) => status !== 0)
  const tail = answered.slice(Math.floor(answered.length * 0.75))
  return tail.length > 0 && tail.every(isAccepted)
}

async function untilReady(watch: ReturnType<typeof watchIngress>, untilMs: number): Promise<void> {
  while (watch.changes.at(-1)?.reason !== undefined && performance.now() < untilMs) await sleep(50)
}

interface Played {
  readonly played: readonly PlayedLoad[]
  readonly endedMs: number
  readonly watch: ReturnType<typeof watchIngress>
  readonly standstillMs: number
}

async function judge(fault: Fault, { played, endedMs, watch, standstillMs }: Played): Promise<FaultReport> {
  const { ingress, name } = fault
  const answers: Record<string, number> = {}
  let maxAnswerMs = 0
  let firstMs = Number.POSITIVE_INFINITY
  let steadyMs = 0
  for (const { result, startedMs } of played) {
    for (const [index, status] of result.status.entries()) {
      if (status === 0) continue
      const label = status === NO_ANSWER ? 'none' : String(status)
      answers[label] = (answers[label] ?? 0) + 1
      const answeredMs = result.answeredMs[index] ?? Number.NaN
      const sinceEndMs = answeredMs + startedMs - endedMs
      if (status !== NO_ANSWER) maxAnswerMs = Math.max(maxAnswerMs, answeredMs - (result.sentMs[index] ?? 0))
      if (isAccepted(status)) {
        if (sinceEndMs > 0) firstMs = Math.min(firstMs, sinceEndMs)
      } else if (sinceEndMs > 0) steadyMs = Math.max(steadyMs, sinceEndMs)
    }
  }
  const reasons = watch.changes.flatMap(({ reason }) => reason ?? [])
  const note = `machine stood still for ${Math.round(standstillMs)} ms at most`
  const limitMs = ANSWER_LIMIT_MS + WAKE_UPS_OF_A_REQUEST * Math.min(standstillMs, MAX_STANDSTILL_MS)
  const problems = [
    ...findAnswerProblems(played),
    ...(maxAnswerMs > limitMs ? [`an answer took ${Math.round(maxAnswerMs)} ms`] : []),
    ...(firstMs > RECOVERY_LIMIT_MS ? ['nothing was accepted after the fault'] : []),
    ...(steadyMs > RECOVERY_LIMIT_MS || !isSteady(played.at(-1)) ? ['not everything is accepted again'] : []),
    ...(fault.usable === 'no' && reasons.length === 0 ? ['the ingress called itself ready all the time'] : []),
    ...(fault.usable === 'yes' && reasons.length > 0 ? [`a usable cluster was called not ready: ${reasons[0]}`] : []),
    ...(fault.usable === 'no' && watch.changes.at(-1)?.reason !== undefined ? ['it does not become ready again'] : []),
    ...(fault.usable === 'no' && (answers['503'] ?? 0) === 0 ? ['nothing was refused, so this was no fault'] : []),
    ...(ingress.part.isRunning() ? [] : ['the process ended']),
    ...(watch.peakRssBytes() > RSS_LIMIT_BYTES ? [`${Math.round(watch.peakRssBytes() / 1e6)} MB resident`] : []),
    ...(await checkTopics(fault, { played, endedMs })),
  ]
  const notReady = reasons[0]
  return { name, answers, maxAnswerMs, firstMs, steadyMs, notReady, peakRssBytes: watch.peakRssBytes(), note, problems }
}

function findAnswerProblems(played: readonly PlayedLoad[]): readonly string[] {
  return played.flatMap(({ result }) => {
    const problems: string[] = []
    const refused = result.status.filter((status) => status === 503).length
    const told = result.retryAfter[503] ?? 0
    const odd = [...new Set(result.status)].filter((s) => s > NO_ANSWER && !isAccepted(s) && s !== 503)
    if (told < refused) problems.push(`${refused - told} of ${refused} refusals without Retry-After`)
    if (odd.length > 0) problems.push(`answers that are neither 2xx nor 503: ${odd.join(', ')}`)
    for (const [reason, count] of Object.entries(result.transportErrors))
      problems.push(`${count} requests without an answer: ${reason}`)
    if (result.unsent > 0) problems.push(`${result.unsent} requests could not be sent: every connection was busy`)
    return problems
  })
}

async function checkTopics(
  fault: Fault,
  { played, endedMs }: Pick<Played, 'played' | 'endedMs'>,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const record of ['raw-webhook', 'message'] as const) {
    const topic = `${fault.prefix}${catalog[record].topic}`
    const isEmptied = fault.emptied?.includes(topic) === true
    const loads = isEmptied ? played.map((load) => onlyAfter(load, endedMs)) : played
    problems.push(...(await findTopicProblems(fault.cluster, topic, loads)))
  }
  return problems
}

/** The load as if only what was sent after that time had been answered. */
function onlyAfter(load: PlayedLoad, afterMs: number): AnsweredLoad {
  const { status, sentMs, answeredMs } = load.result
  const kept = status.map((value, index) => ((sentMs[index] ?? 0) + load.startedMs > afterMs ? value : NO_ANSWER))
  return { plan: load.plan, result: { status: kept, sentMs, answeredMs } }
}

function isAccepted(status: number): boolean {
  return status >= 200 && status < 300
}
