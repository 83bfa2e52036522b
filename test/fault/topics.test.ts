import { setTimeout as sleep } from 'node:timers/promises'
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaCluster, startKafkaCluster, type TopicOptions } from './kafka-cluster.ts'
import { playFault } from './play-fault.ts'
import { readWhole } from './read-whole.ts'
import { type IngressUnderTest, startIngress } from './start-ingress.ts'

/** Of a topic that takes small records only, bytes. */
const SMALL_LIMIT_BYTES = 60_000
const LARGE_TEXT_BYTES = 200_000
const LARGE_WEBHOOKS = 10

let cluster: KafkaCluster

beforeAll(async () => {
  cluster = await startKafkaCluster({ nodes: 1 })
})

afterAll(() => cluster?.close())

/** Runs against topics of its own. */
async function withIngress(
  options: Omit<TopicOptions, 'minInsyncReplicas'>,
  act: (ingress: IngressUnderTest) => Promise<void>,
): Promise<void> {
  await cluster.createTopics({ ...options, minInsyncReplicas: 1 })
  const ingress = await startIngress(cluster, { KAFKA_TOPIC_PREFIX: options.prefix })
  try {
    await act(ingress)
  } finally {
    await ingress.stop()
  }
}

describe('topic-missing', () => {
  it('a topic that is deleted under load is missed until it is there again, and nothing else suffers', async () => {
    const prefix = 'missing.'
    const topic = `${prefix}${catalog.message.topic}`
    await withIngress({ prefix }, async (ingress) => {
      const { problems } = await playFault({
        name: 'topic-missing',
        cluster,
        ingress,
        prefix,
        usable: 'no',
        expectedMs: 4_500,
        emptied: [topic],
        play: async () => {
          const admin = cluster.kafka.admin()
          await admin.connect()
          await admin.deleteTopics({ topics: [topic] })
          await admin.disconnect()
          await sleep(4_000)
          await cluster.createTopics({ prefix, minInsyncReplicas: 1 })
          return performance.now()
        },
      })
      expect(problems).toEqual([])
    })
  })
})

/** What became of the large webhooks. */
interface LargeAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly result: unknown
  readonly tookMs: number
}

async function postLarge(ingress: IngressUnderTest, number: number): Promise<LargeAnswer> {
  const payload = {
    id: `1a49e000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    sender: { contact: { id: `1a49e000-0000-4000-9000-${String(number).padStart(12, '0')}` } },
    body: { type: 'text', text: { text: `${markerOf(number)}${'x'.repeat(LARGE_TEXT_BYTES)}` } },
    direction: 'incoming',
  }
  const startedMs = performance.now()
  const answer = await ingress.post(
    Buffer.from(JSON.stringify({ service: 'channels', event: 'whatsapp.inbound', payload })),
  )
  const { result } = (await answer.json()) as { readonly result?: unknown }
  const tookMs = performance.now() - startedMs
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), result, tookMs }
}

function markerOf(number: number): string {
  return `large webhook ${number};`
}

/** Posts large webhooks among the small ones of the load. */
async function playLarge(
  name: 'event-too-large' | 'raw-too-large',
  input: { readonly ingress: IngressUnderTest; readonly prefix: string },
) {
  const large: LargeAnswer[] = []
  const report = await playFault({
    name,
    cluster,
    ...input,
    usable: 'yes',
    expectedMs: 3_000,
    play: async () => {
      for (let number = 0; number < LARGE_WEBHOOKS; number += 1) {
        large.push(await postLarge(input.ingress, number))
        await sleep(100)
      }
      return performance.now()
    },
  })
  expect(report.problems).toEqual([])
  expect(report.answers, 'a small webhook paid for a large one').toEqual({ 202: report.answers[202] })
  expect(Math.max(...large.map(({ tookMs }) => tookMs))).toBeLessThan(2_000)
  return large
}

/** How many of the large webhooks a topic holds. */
async function countLarge(topic: string): Promise<number> {
  const { found } = await readWhole(cluster, topic, () => {
    const numbers = new Set<number>()
    return {
      found: numbers,
      add: ({ value }) => {
        for (let number = 0; number < LARGE_WEBHOOKS; number += 1)
          if (value?.includes(markerOf(number)) === true) numbers.add(number)
      },
    }
  })
  return found.size
}

function limited(record: 'raw-webhook' | 'message'): NonNullable<TopicOptions['adjust']> {
  return ({ topic, config }) =>
    topic.endsWith(catalog[record].topic) ? { ...config, 'max.message.bytes': String(SMALL_LIMIT_BYTES) } : config
}

describe('event-too-large', () => {
  it('an event that its topic does not take is kept raw and in quarantine and accepted; its neighbours are published', async () => {
    const prefix = 'large-event.'
    await withIngress({ prefix, adjust: limited('message') }, async (ingress) => {
      const large = await playLarge('event-too-large', { ingress, prefix })
      expect(large.map(({ status, result }) => `${status} ${result}`)).toEqual(
        Array.from({ length: LARGE_WEBHOOKS }, () => '202 unreadable'),
      )
      expect(await countLarge(`${prefix}${catalog['raw-webhook'].topic}`)).toBe(LARGE_WEBHOOKS)
      expect(await countLarge(`${prefix}${catalog['quarantined-record'].topic}`)).toBe(LARGE_WEBHOOKS)
      expect(await countLarge(`${prefix}${catalog.message.topic}`)).toBe(0)
    })
  })
})

describe('raw-too-large', () => {
  it('a webhook that not even the raw topic takes is refused alone, with a longer Retry-After', async () => {
    const prefix = 'large-raw.'
    await withIngress({ prefix, adjust: limited('raw-webhook') }, async (ingress) => {
      const large = await playLarge('raw-too-large', { ingress, prefix })
      expect(large.map(({ status, retryAfter }) => `${status} ${retryAfter}`)).toEqual(
        Array.from({ length: LARGE_WEBHOOKS }, () => '503 60'),
      )
    })
  })
})
