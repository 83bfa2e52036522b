// THE table: record -> schema, topic, key, partitions, retention, owner, subscribers. Topology, types, switches and
// documents derive from it. Personal fields are marked in the schemas themselves ("personal": true).

const DAY_MS = 24 * 60 * 60_000

/** One row: a topic whose values are one Avro record. */
export interface TopicEntry {
  /** Topic name; `.v1` is the breaking generation, compatible changes stay inside it. */
  readonly topic: string
  /** What the record key is, for people. */
  readonly key: string
  readonly partitions: number
  /** How long the broker keeps records. */
  readonly retentionMs: number
  /** Who produces it, and answers for its content. */
  readonly owner: WriterName
  /** Who else produces it. */
  readonly alsoWrittenBy?: WriterName
  /** Consumers that read it, by service name. */
  readonly subscribers: readonly ConsumerName[]
}

/** Who produces records; `consumers` is every consumer group. */
export type WriterName = 'ingress' | 'media-processor' | 'consumers' | 'operator'

/** A consumer service; each instance of its sink is a consumer group of its own. */
export type ConsumerName = 'audit-log' | 'crm-sync' | 'media-processor'

export const catalog = {
  'raw-webhook': {
    topic: 'bird.raw.v1',
    key: 'key of its first event; none where unreadable',
    partitions: 12,
    retentionMs: 7 * DAY_MS,
    owner: 'ingress',
    subscribers: ['audit-log'],
  },
  message: {
    topic: 'bird.messages.v1',
    key: 'contact',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
    owner: 'ingress',
    subscribers: ['crm-sync', 'media-processor'],
  },
  'message-status': {
    topic: 'bird.message-statuses.v1',
    key: 'message id',
    partitions: 12,
    retentionMs: 90 * DAY_MS,
    owner: 'ingress',
    subscribers: ['crm-sync'],
  },
  conversation: {
    topic: 'bird.conversations.v1',
    key: 'conversation id',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
    owner: 'ingress',
    subscribers: ['crm-sync'],
  },
  'platform-event': {
    topic: 'bird.platform.v1',
    key: 'entity id',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
    owner: 'ingress',
    subscribers: [],
  },
  'quarantined-record': {
    topic: 'bird.quarantine.v1',
    key: 'none',
    partitions: 3,
    retentionMs: 14 * DAY_MS,
    owner: 'ingress',
    alsoWrittenBy: 'consumers',
    subscribers: [],
  },
  'media-asset': {
    topic: 'media.assets.v1',
    key: 'contact',
    partitions: 12,
    retentionMs: 14 * DAY_MS,
    owner: 'media-processor',
    subscribers: [],
  },
  'partition-outcomes': {
    topic: 'pipeline.outcomes.v1',
    key: 'group and partition',
    partitions: 6,
    retentionMs: 30 * DAY_MS,
    owner: 'consumers',
    subscribers: ['audit-log'],
  },
  operation: {
    topic: 'pipeline.operations.v1',
    key: 'subject',
    partitions: 1,
    retentionMs: 400 * DAY_MS,
    owner: 'operator',
    subscribers: ['audit-log'],
  },
  erasure: {
    topic: 'privacy.erasures.v1',
    key: 'contact',
    partitions: 1,
    retentionMs: 400 * DAY_MS,
    owner: 'operator',
    subscribers: [],
  },
} as const satisfies Record<string, TopicEntry>

/** Name of a record, which is also the name of its folder under `schemas/`. */
export type RecordName = keyof typeof catalog

export const recordNames = Object.keys(catalog) as readonly RecordName[]

/** One consumer group: a service, or one sink instance of it. */
export interface Group {
  readonly id: string
  /** `dead-letter`: has retry and DLQ topics. `stop`: whole-partition order, no retry topic, no DLQ. */
  readonly onFailure: 'dead-letter' | 'stop'
  /** Which calls follow offset order: those of a key where nothing else is said, of the whole partition, or none. */
  readonly order?: 'partition' | 'none'
}

/** Consumer groups by service. A second CRM is one more row in `crm-sync`. */
export const consumers: Readonly<Record<ConsumerName, readonly Group[]>> = {
  'audit-log': [{ id: 'audit-log', onFailure: 'stop', order: 'partition' }],
  'crm-sync': [{ id: 'crm-sync.postgres', onFailure: 'dead-letter' }],
  // A file does not depend on the one before: a slow one holds up nobody.
  'media-processor': [{ id: 'media-processor', onFailure: 'dead-letter', order: 'none' }],
}

/** Who produces a record: its owner first. */
export function writersOf(record: RecordName): readonly WriterName[] {
  const { owner, alsoWrittenBy }: TopicEntry = catalog[record]
  return alsoWrittenBy === undefined ? [owner] : [owner, alsoWrittenBy]
}

/** Consumer groups of ours that read a record's topic. */
export function groupsOf(record: RecordName): readonly Group[] {
  return catalog[record].subscribers.flatMap((subscriber) => consumers[subscriber])
}

/** The row of a consumer group, and the topics that it reads; undefined for a group that the catalog does not have. */
export function entryOfGroup(groupId: string): (Group & { readonly topics: readonly string[] }) | undefined {
  const row = Object.values(consumers)
    .flat()
    .find(({ id }) => id === groupId)
  const records = recordNames.filter((record) => groupsOf(record).some(({ id }) => id === groupId))
  return row === undefined ? undefined : { ...row, topics: records.map((record) => catalog[record].topic) }
}

const entriesByTopic: ReadonlyMap<string, TopicEntry & { readonly record: RecordName }> = new Map(
  recordNames.map((record) => [catalog[record].topic, { record, ...catalog[record] }]),
)

/** The row of a topic; undefined for a topic that holds no record of ours, such as a retry topic. */
export function entryOfTopic(topic: string): (TopicEntry & { readonly record: RecordName }) | undefined {
  return entriesByTopic.get(topic)
}
