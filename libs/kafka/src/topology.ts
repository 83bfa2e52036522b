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
  readonly config: Readonly<Record<string, string>>
}

/** What an environment decides about all topics. */
export interface TopologyOptions {
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
}

/** Every topic that the catalog asks for: one per record, and a retry topic and a DLQ per subscribing group. Pure. */
export function toTopology(names: TopicNames, options: TopologyOptions): readonly TopicSpec[] {
  return recordNames.flatMap((record) => {
    const entry = catalog[record]
    const spec = (topic: string, retentionMs: number): TopicSpec => ({
      topic,
      partitions: entry.partitions,
      replicationFactor: options.replicationFactor,
      config: {
        'cleanup.policy': 'delete',
        'retention.ms': String(retentionMs),
        'min.insync.replicas': String(options.minInsyncReplicas),
        'max.message.bytes': String(MAX_RECORD_BYTES),
      },
    })
    const groups = entry.subscribers
      .flatMap((subscriber) => consumers[subscriber])
      .filter((group) => group.onFailure === 'dead-letter')
    return [
      spec(names.topic(entry.topic), entry.retentionMs),
      ...groups.flatMap((group) => [
        // No retention: parked records are cut by DeleteRecords below the committed offset, never by age.
        spec(names.retry(entry.topic, group.id), -1),
        spec(names.deadLetter(entry.topic, group.id), 30 * DAY_MS),
      ]),
    ]
  })
}
