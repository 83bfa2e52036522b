import { setTimeout as sleep } from 'node:timers/promises'
import type { Encoder } from '@murmuration/avro'
import type { Metrics } from '@murmuration/observability'
import { catalog } from '@murmuration/schemas'
import { createBrokerOutages } from './broker-outages.ts'
import { createKafka, type KafkaConnection } from './create-kafka.ts'
import { deliverCalls } from './deliver-calls.ts'
import { sizeOfMessage } from './divide-batch.ts'
import { findTopicProblems } from './find-topic-problems.ts'
import { createGroupCommit } from './group-commit.ts'
import { createJavaPartitioner } from './java-partitioner.ts'
import {
  classifyKafkaError,
  KafkaOverloadedError,
  KafkaRefusedError,
  KafkaUnavailableError,
  PartitionUnknownError,
} from './kafka-errors.ts'
import { createProducerIdentity } from './producer-epoch.ts'
import { openProducerSession, type ProducerSession, probeBroker, type TopicMessage } from './producer-session.ts'
import type { PublishReceipt } from './publish-receipt.ts'
import type { OutboundRecord, Publisher } from './publisher.ts'
import type { Call } from './route-calls.ts'
import type { SentBatch } from './sent-batch.ts'
import type { TopicNames } from './topics.ts'

/** A topic that was missing is asked for again after this, ms. */
const MISSING_FOR_MS = 1_000

/** What the publisher needs. */
export interface KafkaPublisherOptions {
  readonly connection: KafkaConnection
  readonly encoder: Encoder
  readonly names: TopicNames
  readonly metrics: Metrics
  /** Longest wait for the acknowledgement, from the call or from when its caller began to wait, ms. */
  readonly deadlineMs: number
  /** Records that may wait while Kafka is slow; more are refused at once. */
  readonly maxQueuedRecords: number
  /** Bytes that may wait while Kafka is slow. */
  readonly maxQueuedBytes: number
  /** Monotonic, ms: the clock that callers of `publish` count on. */
  readonly nowMs: () => number
}

/**
 * Creates an idempotent publisher: one request in flight, acks=all, Java's default partitioner. Connections, metadata and
 * encoding are those of kafkajs, its producer is not used.
 *
 * Does not wait for Kafka: while it is away each publish fails by its deadline, and succeeds again when it is back. A
 * request whose connection failed, or that was left behind, costs its connections: the next one opens new ones, so that no
 * dead connection outlives the fault.
 */
export function createKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const { metrics, names, deadlineMs, nowMs } = options
  const asking = createKafka(options.connection, { retry: { retries: 0 } })
  let missing: { readonly topics: ReadonlySet<string>; readonly untilMs: number } = { topics: new Set(), untilMs: 0 }
  const outages = createBrokerOutages({
    probe: (address) => probeBroker(options.connection, address),
    nowMs,
    onChange: (broker, { isOut, out }) => {
      metrics.set('murmuration_publisher_brokers_out', {}, out)
      const { logger } = options.connection
      if (isOut) logger.warn('a broker does not answer', { broker })
      else logger.info('a broker is asked again', { broker })
    },
  })
  let session: ProducerSession | undefined
  let opened = 0
  const current = () => {
    if (session === undefined) {
      session = openProducerSession(options.connection, { deadlineMs, outages, startAt: opened })
      opened += 1
    }
    return session
  }
  const delivery = {
    sessions: {
      current,
      drop: (left: ProducerSession) => {
        if (session === left) session = undefined
        left.destroy()
      },
    },
    identity: createProducerIdentity({ nowMs }),
    choose: createJavaPartitioner(),
    findMissing,
    suspects: new Set<string>(),
    onRepeat: () => metrics.count('murmuration_publisher_repeats_total', {}),
    wait: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
  }

  async function send(calls: readonly Call[], signal: AbortSignal): Promise<SentBatch<PublishReceipt>> {
    const startedAtMs = nowMs()
    let result = 'failed'
    try {
      const sent = await deliverCalls(calls, delivery, signal)
      const written = calls.filter((_, at) => 'result' in (sent.outcomes[at] ?? {}))
      if (written.length === calls.length) result = 'acknowledged'
      for (const [topic, count] of countByTopic(written)) {
        metrics.count('murmuration_publisher_records_total', { topic: names.unprefixed(topic) }, count)
      }
      metrics.set('murmuration_publisher_throttle_time_ms', {}, sent.pauseMs)
      return sent
    } finally {
      const { queuedItems, queuedBytes, batchBytes } = commit.load()
      metrics.count('murmuration_publisher_requests_total', { result })
      metrics.observe('murmuration_publisher_request_seconds', { result }, (nowMs() - startedAtMs) / 1_000)
      metrics.set('murmuration_publisher_queue_records', {}, queuedItems)
      metrics.set('murmuration_publisher_queue_bytes', {}, queuedBytes)
      metrics.set('murmuration_publisher_batch_bytes', {}, batchBytes)
    }
  }

  async function findMissing(topics: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const admin = asking.admin()
    try {
      await admin.connect()
      const problems = await findTopicProblems(admin, [...topics])
      const unknown = [...problems].filter(([, problem]) => problem === 'UNKNOWN_TOPIC_OR_PARTITION')
      missing = { topics: new Set(unknown.map(([topic]) => topic)), untilMs: nowMs() + MISSING_FOR_MS }
      return missing.topics
    } catch (error) {
      throw classifyKafkaError(error)
    } finally {
      await admin.disconnect().catch(() => undefined)
    }
  }

  function refuseMissing(messages: readonly TopicMessage[]): void {
    if (missing.topics.size === 0 || nowMs() > missing.untilMs) return
    if (!messages.some(({ topic }) => missing.topics.has(topic))) return
    throw new KafkaRefusedError({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
  }

  // One for all: it says the same of each, and a stack costs more than the rest of a refusal.
  const overloaded = new KafkaOverloadedError()
  const commit = createGroupCommit<TopicMessage, PublishReceipt>({
    send,
    sizeOf: sizeOfMessage,
    gapMs: 1,
    isRefusal: (error) => error instanceof KafkaRefusedError || error instanceof PartitionUnknownError,
    limits: {
      // Below the broker's usual 1 MiB for one partition's part of a request, if all of it goes to one partition.
      maxBatchBytes: 900_000,
      minBatchBytes: 64_000,
      maxBatchItems: 4_000,
      maxQueuedItems: options.maxQueuedRecords,
      maxQueuedBytes: options.maxQueuedBytes,
    },
    deadlineMs,
    nowMs,
    toError: (what) => {
      if (what === 'overloaded') return overloaded
      const late = `the ${deadlineMs} ms for an answer were over before it was asked; this process was too busy`
      return new KafkaUnavailableError(what === 'late' ? late : `no answer in ${deadlineMs} ms`)
    },
  })
  current().warm()

  return {
    admits: commit.admits,
    publish: (records, waitingSinceMs) => {
      // Asked before the records are encoded: refusing must cost less than publishing.
      if (!commit.admits()) return Promise.reject(overloaded)
      try {
        const messages = records.map((record) => toMessage(record, options))
        refuseMissing(messages)
        return commit.add(messages, waitingSinceMs)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    close: async () => {
      await commit.idle()
      outages.close()
      await session?.close()
    },
  }
}

function countByTopic(calls: readonly Call[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const call of calls) for (const { topic } of call) counts.set(topic, (counts.get(topic) ?? 0) + 1)
  return counts
}

function toMessage(record: OutboundRecord, options: KafkaPublisherOptions): TopicMessage {
  if (record.kind === 'moved') {
    const { topic, partition, key, value, headers } = record
    return { topic, message: { partition, key, value, headers: { ...headers } } }
  }
  const topic = options.names.topic(catalog[record.record].topic)
  const value = options.encoder.encode(record.record, record.event)
  if (record.headers === undefined) return { topic, message: { key: record.key, value } }
  return { topic, message: { key: record.key, value, headers: { ...record.headers } } }
}
