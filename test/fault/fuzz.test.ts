import { createHash } from 'node:crypto'
import { createDecoder, createRegistry } from '@murmuration/avro'
import { signBirdCrm } from '@murmuration/bird'
import { catalog, type RawWebhook } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runClosedLoop } from '../load/closed-loop.ts'
import { createLane, type Lane } from '../load/lane.ts'
import { type LoadResult, NO_ANSWER, toLatencySummary } from '../load/load-result.ts'
import { createRecorder } from '../load/recorder.ts'
import type { LoadTarget, SignedCorpus } from '../load/signed-corpus.ts'
import { keepReport } from './fault-report.ts'
import { toFuzzBody } from './fuzz-bodies.ts'
import { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
import { readWhole } from './read-whole.ts'
import { faultSeed, isLongRun } from './seeded.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'
import { watchIngress } from './watch-ingress.ts'

const COUNT = isLongRun ? 100_000 : 10_000
const CONNECTIONS = 32
const REQUEST_TIMEOUT_MS = 10_000
const RSS_LIMIT_BYTES = 600e6

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

/** Bodies are made when they are sent: a hundred thousand of them would fill the memory. */
function createFuzzCorpus(target: LoadTarget): SignedCorpus {
  const { host, port, path, publicUrl, signingKey: key } = target
  return {
    count: COUNT,
    keys: Uint32Array.from({ length: COUNT }, (_, index) => index),
    request: (index) => {
      const rawBody = toFuzzBody(faultSeed, index)
      const timestamp = String(Math.floor(Date.now() / 1_000))
      const headers = Object.entries(signBirdCrm({ key, timestamp, url: publicUrl, rawBody }))
      const head = [
        `POST ${path} HTTP/1.1`,
        `Host: ${host}:${port}`,
        `Content-Length: ${rawBody.length}`,
        ...headers.map(([name, value]) => `${name}: ${value}`),
      ]
      return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), rawBody])
    },
  }
}

async function postAll(target: LoadTarget): Promise<LoadResult> {
  const corpus = createFuzzCorpus(target)
  const startMs = performance.now()
  const nowMs = () => performance.now() - startMs
  const recorder = createRecorder(COUNT, nowMs)
  const lanes: Lane[] = []
  const expiring = setInterval(() => {
    for (const lane of lanes) lane.expire(nowMs() - REQUEST_TIMEOUT_MS)
  }, 200)
  const openLane = (onIdle: (lane: Lane) => void) => {
    const lane = createLane({ address: { host: target.host, port: target.port }, corpus, recorder, nowMs, onIdle })
    lanes.push(lane)
    return lane
  }
  const deps = { corpus, warmupMs: 0, nowMs, onPhase: () => undefined, openLane }
  const measured = await runClosedLoop({ kind: 'closed', connections: CONNECTIONS }, deps)
  clearInterval(expiring)
  return recorder.toResult(measured)
}

/** One index of each body that was posted, by its digest. */
function groupPosted(): ReadonlyMap<string, number> {
  const groups = new Map<string, number>()
  for (let index = 0; index < COUNT; index += 1) groups.set(digestOf(toFuzzBody(faultSeed, index)), index)
  return groups
}

/** How often each body lies in the raw topic. */
async function countStored(): Promise<ReadonlyMap<string, number>> {
  const decoder = createDecoder(createRegistry({ url: cluster.registryUrl, timeoutMs: 5_000 }))
  const { decoding, stored } = await readWhole(cluster, catalog['raw-webhook'].topic, () => {
    const counts = new Map<string, number>()
    const pending: Promise<void>[] = []
    const note = (event: unknown) => {
      const digest = digestOf(Buffer.from((event as RawWebhook).body))
      counts.set(digest, (counts.get(digest) ?? 0) + 1)
    }
    return {
      decoding: pending,
      stored: counts,
      add: ({ value }) => void pending.push(decoder.decode('raw-webhook', value).then(note)),
    }
  })
  await Promise.all(decoding)
  return stored
}

function digestOf(body: Buffer): string {
  return createHash('sha1').update(body).digest('base64')
}

describe('fuzz', () => {
  it('signed bodies of every kind are all accepted, and each lies in the raw topic once, byte for byte', async () => {
    const watch = watchIngress(ingress)
    const result = await postAll(ingress.target)
    watch.stop()
    const answers: Record<string, number> = {}
    for (const status of result.status) {
      const label = status === NO_ANSWER ? 'none' : String(status)
      answers[label] = (answers[label] ?? 0) + 1
    }
    const counted = await Promise.all(
      ['unavailable', 'overloaded', 'rejected'].map(async (label) => `${label} ${await ingress.countWebhooks(label)}`),
    )
    const firstOdd = result.status.findIndex((status) => status !== 202)
    const stored = await countStored()
    const missing: string[] = []
    const repeated: string[] = []
    for (const [digest, index] of groupPosted()) {
      const found = stored.get(digest) ?? 0
      if (found === 0) missing.push(String(index))
      if (found > 1) repeated.push(`${index} (${found})`)
    }
    const problems = [
      ...(firstOdd === -1
        ? []
        : [`not all were answered 202, first ${firstOdd}: ${result.status[firstOdd]} (${counted.join(', ')})`]),
      ...(missing.length === 0 ? [] : [`${missing.length} bodies are not in raw: ${missing.slice(0, 5).join(', ')}`]),
      ...(repeated.length === 0 ? [] : [`${repeated.length} bodies are repeated: ${repeated.slice(0, 5).join(', ')}`]),
      ...(ingress.part.isRunning() ? [] : ['the process ended']),
      ...(watch.peakRssBytes() < RSS_LIMIT_BYTES ? [] : [`${Math.round(watch.peakRssBytes() / 1e6)} MB resident`]),
    ]
    const latency = toLatencySummary([...result.latencyMs].filter((ms) => !Number.isNaN(ms)))
    keepReport({
      name: 'fuzz',
      answers,
      maxAnswerMs: latency.max,
      firstMs: Number.NaN,
      steadyMs: Number.NaN,
      notReady: undefined,
      peakRssBytes: watch.peakRssBytes(),
      note: `${Math.round(COUNT / (result.measuredToMs / 1_000))}/s, p99 ${latency.p99.toFixed(1)} ms`,
      problems,
    })
    expect(problems).toEqual([])
  })
})
