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

/** Bodies of which one record in the raw topic is enough. */
interface Equals {
  readonly index: number
  /** Of the different bytes. */
  readonly digests: Set<string>
  /** Records that there have to be at least. */
  needed: number
}

/**
 * A readable body that equals an earlier one is a duplicate and needs no record of its own. Unreadable ones have nothing
 * to be equal by: each needs its own.
 */
function groupPosted(): ReadonlyMap<string, Equals> {
  const groups = new Map<string, Equals>()
  for (let index = 0; index < COUNT; index += 1) {
    const body = toFuzzBody(faultSeed, index)
    const digest = digestOf(body)
    const json = readJson(body)
    const key = json ?? digest
    const group = groups.get(key) ?? { index, digests: new Set(), needed: 0 }
    group.digests.add(digest)
    group.needed = json === undefined ? group.needed + 1 : 1
    groups.set(key, group)
  }
  return groups
}

/** The body's object in one form, by the rules of JSON alone; undefined where there is none. */
function readJson(body: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? JSON.stringify(parsed) : undefined
  } catch {
    return undefined
  }
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
  it('signed bodies of every kind are all accepted, and each lies in the raw topic byte for byte', async () => {
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
    for (const { index, digests, needed } of groupPosted().values()) {
      const found = [...digests].reduce((sum, digest) => sum + (stored.get(digest) ?? 0), 0)
      if (found < needed) missing.push(`${index} (${found} of ${needed})`)
    }
    const problems = [
      ...(firstOdd === -1
        ? []
        : [`not all were answered 202, first ${firstOdd}: ${result.status[firstOdd]} (${counted.join(', ')})`]),
      ...(missing.length === 0 ? [] : [`${missing.length} bodies are not in raw: ${missing.slice(0, 5).join(', ')}`]),
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
