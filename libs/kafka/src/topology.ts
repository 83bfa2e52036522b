import { catalog, consumers, recordNames } from '@murmuration/schemas'
import type { TopicNames } from './topics.ts'

const DAY_MS = 24 * 60 * 60_000

/**
 * Largest record batch that a topic takes, bytes. A webhook of 1 MiB becomes a raw record of that size and an event that
 * may hold it once more, as JSON in another form; a moved record has headers besides.
 */
const MAX_RECORD_BYTES = 4 * 1_048_576

/** A topic as it should be. */
export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  /** Settings of the topic's own, in Kafka's names; others on the topic are nobody's business. */
  readonly config: Readonly<Record<string, string>>
  /** Of a retry or dead-letter topic: the topic whose records it holds, in the same partitions. */
  readonly origin?: string
}

/** What an environment wants otherwise than the catalog, or than its other topics. */
export interface TopicOverride {
  readonly partitions?: number | undefined
  /** Of the topic itself. Its retry topic never expires, its dead-letter topics keep 30 days. */
  readonly retentionMs?: number | undefined
  readonly replicationFactor?: number | undefined
  readonly minInsyncReplicas?: number | undefined
}

/** What an environment decides about its topics. */
export interface TopologyOptions {
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  /** By the catalog's topic name, without prefix; retry and dead-letter topics follow their origin. */
  readonly overrides?: Readonly<Record<string, TopicOverride>>
}

/** Every topic that the catalog asks for: one per record, and a retry topic and a DLQ per subscribing group. Pure. */
export function toTopology(names: TopicNames, options: TopologyOptions): readonly TopicSpec[] {
  return recordNames.flatMap((record) => {
    const entry = catalog[record]
    const own = options.overrides?.[entry.topic] ?? {}
    const origin = names.topic(entry.topic)
    const spec = (topic: string, retentionMs: number): TopicSpec => ({
      topic,
      partitions: own.partitions ?? entry.partitions,
      replicationFactor: own.replicationFactor ?? options.replicationFactor,
      config: {
        'cleanup.policy': 'delete',
        'retention.ms': String(retentionMs),
        'min.insync.replicas': String(own.minInsyncReplicas ?? options.minInsyncReplicas),
        'max.message.bytes': String(MAX_RECORD_BYTES),
      },
    })
    const groups = entry.subscribers
      .flatMap((subscriber) => consumers[subscriber])
      .filter((group) => group.onFailure === 'dead-letter')
    return [
      spec(origin, own.retentionMs ?? entry.retentionMs),
      ...groups.flatMap((group) => [
        // No retention: parked records are cut by DeleteRecords below the committed offset, never by age.
        { ...spec(names.retry(entry.topic, group.id), -1), origin },
        { ...spec(names.deadLetter(entry.topic, group.id), 30 * DAY_MS), origin },
      ]),
    ]
  })
}
