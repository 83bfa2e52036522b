import type { Encoder } from '@murmuration/avro'
import type { Metrics } from '@murmuration/observability'
import { catalog } from '@murmuration/schemas'
import { CompressionTypes, type Kafka, type Message, Partitioners } from 'kafkajs'
import { createGroupCommit } from './group-commit.ts'
import { classifyKafkaError, KafkaRefusedError, KafkaUnavailableError } from './kafka-errors.ts'
import type { OutboundRecord, Publisher } from './publisher.ts'
import type { TopicNames } from './topics.ts'

interface TopicMessage {
  readonly topic: string
  readonly message: Message
}

/** What the publisher needs. */
export interface KafkaPublisherOptions {
  readonly kafka: Kafka
  readonly encoder: Encoder
  readonly names: TopicNames
  readonly metrics: Metrics
  /** Longest wait for the acknowledgement, ms. */
  readonly deadlineMs: number
  /** Records that may wait while Kafka is slow; more are refused at once. */
  readonly maxQueuedRecords: number
}

/**
 * Creates a publisher on kafkajs: one produce request in flight, acks=all, Java's default partitioner.
 *
 * Does not wait for Kafka: while it is away each publish fails by its deadline, and succeeds again when it is back.
 */
export function createKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const { metrics, names } = options
  const producer = options.kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    // A short retry smooths over a leader change; beyond it the caller decides, and Bird sends again.
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 2 },
  })
  let connected: Promise<void> | undefined

  async function send(messages: readonly TopicMessage[]): Promise<void> {
    try {
      connected ??= producer.connect()
      await connected
      await producer.sendBatch({
        acks: -1,
        timeout: options.deadlineMs,
        compression: CompressionTypes.None,
        topicMessages: groupByTopic(messages),
      })
      metrics.count('murmuration_publisher_requests_total', { result: 'acknowledged' })
      for (const { topic } of messages) {
        metrics.count('murmuration_publisher_records_total', { topic: names.unprefixed(topic) })
      }
    } catch (error) {
      connected = undefined
      metrics.count('murmuration_publisher_requests_total', { result: 'failed' })
      throw classifyKafkaError(error)
    }
  }

  const commit = createGroupCommit<TopicMessage>({
    send,
    splits: (error) => error instanceof KafkaRefusedError,
    maxItemsPerBatch: 1_000,
    maxQueuedItems: options.maxQueuedRecords,
    deadlineMs: options.deadlineMs,
    toDeadlineError: (what) =>
      new KafkaUnavailableError(what === 'deadline' ? `no answer in ${options.deadlineMs} ms` : 'the queue is full'),
  })

  return {
    publish: async (records) => {
      const messages = records.map((record) => toMessage(record, options))
      try {
        await commit.add(messages)
      } finally {
        metrics.set('murmuration_publisher_queue_records', {}, commit.queuedItems())
      }
    },
    close: async () => {
      await commit.idle()
      await producer.disconnect()
    },
  }
}

function toMessage(record: OutboundRecord, options: KafkaPublisherOptions): TopicMessage {
  if (record.kind === 'moved') {
    const { topic, partition, key, value, headers } = record
    return { topic, message: { partition, key, value, headers: { ...headers } } }
  }
  const message: Message = {
    key: record.key,
    value: options.encoder.encode(record.record, record.event),
    ...(record.headers === undefined ? {} : { headers: { ...record.headers } }),
  }
  return { topic: options.names.topic(catalog[record.record].topic), message }
}

function groupByTopic(messages: readonly TopicMessage[]): { topic: string; messages: Message[] }[] {
  const byTopic = new Map<string, Message[]>()
  for (const { topic, message } of messages) {
    const list = byTopic.get(topic)
    if (list === undefined) byTopic.set(topic, [message])
    else list.push(message)
  }
  return [...byTopic].map(([topic, list]) => ({ topic, messages: list }))
}
