import { setTimeout as sleep } from 'node:timers/promises'
import { KafkaUnavailableError, openKafkaLink } from '@murmuration/kafka'
import { createMetrics, silentLogger } from '@murmuration/observability'
import type { Message } from '@murmuration/schemas'
import type { KafkaCluster } from './kafka-cluster.ts'
import { createRandom } from './seeded.ts'

/** Messages of many contacts, written by a producer of our own: their order is known, and what was acknowledged. */
export interface Traffic {
  /** Event ids whose publishing was acknowledged. */
  readonly acknowledged: readonly string[]
  /** When an event was handed to Kafka for the first time, epoch ms. */
  sentMs(eventId: string): number | undefined
  /** Writes so many more, as fast as Kafka takes them. */
  write(count: number): Promise<void>
  /** Ends the flow; what was begun is acknowledged first. */
  stop(): Promise<void>
}

export interface TrafficOptions {
  readonly cluster: Pick<KafkaCluster, 'brokers' | 'registryUrl'>
  readonly prefix: string
  readonly seed: number
  readonly keys: number
  /** Of the flow that begins at once; 0: none. */
  readonly ratePerSecond: number
}

const TICK_MS = 25
const BATCH = 500

/** Begins to write. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { cluster, prefix, seed, keys, ratePerSecond } = options
  const random = createRandom(seed)
  const counts = new Map<number, number>()
  const acknowledged: string[] = []
  const sentMs = new Map<string, number>()
  const link = await openKafkaLink({
    brokers: cluster.brokers,
    clientId: 'fault-traffic',
    topicPrefix: prefix,
    registry: { url: cluster.registryUrl, timeoutMs: 5_000 },
    writes: ['message'],
    publishDeadlineMs: 10_000,
    maxQueuedRecords: 10_000,
    logger: silentLogger,
    metrics: createMetrics({ process: 'omit' }),
  })

  function next(): Message {
    const key = Math.floor(random() * keys)
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return toMessage(`k${key}`, count)
  }
  async function writeBatch(size: number): Promise<void> {
    const events = Array.from({ length: size }, next)
    for (const { eventId } of events) sentMs.set(eventId, Date.now())
    const records = events.map((event) => ({ kind: 'event', record: 'message', key: event.contactKey, event }) as const)
    for (;;) {
      try {
        await link.publisher.publish(records)
        break
      } catch (error) {
        // Some of them may be in the topic: what is written again is a duplicate of the source's.
        if (!(error instanceof KafkaUnavailableError)) throw error
        await sleep(200)
      }
    }
    for (const { eventId } of events) acknowledged.push(eventId)
  }

  let flowing = ratePerSecond > 0
  async function flow(): Promise<void> {
    const startedMs = performance.now()
    let written = 0
    while (flowing) {
      const due = Math.floor(((performance.now() - startedMs) * ratePerSecond) / 1_000)
      // After an outage the flow goes on at its own pace: what was not sent meanwhile is not made up for.
      const size = Math.min(due - written, BATCH)
      if (size > 0) await writeBatch(size)
      written = due
      await sleep(TICK_MS)
    }
  }
  const flowed = flow()
  flowed.catch(() => undefined)
  return {
    acknowledged,
    sentMs: (eventId) => sentMs.get(eventId),
    write: async (count) => {
      for (let left = count; left > 0; left -= BATCH) await writeBatch(Math.min(left, BATCH))
    },
    stop: async () => {
      flowing = false
      await flowed
      await link.publisher.close()
      await link.close()
    },
  }
}

/** The event id within a record's bytes; the semicolon ends it. */
const EVENT_ID = /1:fault:message:k\d+:\d+;/

/** The event id of a record, undecoded. */
export function eventIdOf(value: Buffer | null): string {
  return EVENT_ID.exec(value?.toString('latin1') ?? '')?.[0] ?? ''
}

function toMessage(key: string, count: number): Message {
  return {
    eventId: `1:fault:message:${key}:${count};`,
    type: 'message.inbound',
    workspaceId: 'fault',
    source: 'fault',
    origin: 'webhook',
    occurredAt: count,
    receivedAt: count,
    rawRef: 'fault',
    contentHash: 'fault',
    contactKey: key,
    keyBasis: 'contact-id',
    contactId: key,
    identifierKey: null,
    identifierValue: null,
    contactName: null,
    messageId: `${key}:${count}`,
    channelId: null,
    conversationId: null,
    platform: 'whatsapp',
    bodyType: 'text',
    text: 'a message of the fault tests',
    media: [],
    location: null,
    actions: [],
    replyToMessageId: null,
    replyToType: null,
    platformReference: null,
    platformAt: null,
    reference: null,
    locale: null,
    meta: null,
    unmappedBody: null,
  }
}
