import type { Disposition } from './pipeline-error.ts'

interface ErrorRow {
  readonly disposition: Disposition
  /** Package that throws it. */
  readonly owner: string
  /** When it is thrown. */
  readonly when: string
  /** What the person who is paged does next. */
  readonly next: string
}

/** THE table of error codes. A test holds every class against its row, and every row against a class. */
export const errorCodes = {
  MUR_CONFIG_INVALID: {
    disposition: 'stop',
    owner: 'config',
    when: 'a setting is missing or wrong at start; every problem is listed',
    next: 'set what the list names; .env.example documents each setting',
  },
  MUR_SIGNATURE_REJECTED: {
    disposition: 'dead-letter',
    owner: 'bird',
    when: 'a webhook is unsigned, stale, malformed, or signed by no active key (answered 401)',
    next: 'capture one request and run `murmur verify`: it says which input is wrong',
  },
  MUR_RATE_LIMITED: {
    disposition: 'wait',
    owner: 'ingress',
    when: 'a source sends more verified webhooks than its ratePerSecond allows (answered 429)',
    next: "raise the source's ratePerSecond, or find out why Bird sends so much",
  },
  MUR_WEBHOOK_UNREADABLE: {
    disposition: 'quarantine',
    owner: 'bird',
    when: 'signed bytes are not a JSON object in UTF-8 (kept whole, answered 202)',
    next: 'look at the bytes in bird.quarantine.v1; replay from bird.raw.v1 after a fix',
  },
  MUR_KAFKA_UNAVAILABLE: {
    disposition: 'wait',
    owner: 'kafka',
    when: 'Kafka did not acknowledge within the deadline, or refuses connections',
    next: 'check the brokers; everything goes on by itself when they answer',
  },
  MUR_KAFKA_OVERLOADED: {
    disposition: 'wait',
    owner: 'kafka',
    when: 'Kafka takes less than what comes in, e.g. over its quota; what would wait for long is refused at once',
    next: 'check quotas, brokers and disks; lag and refusals go down by themselves when Kafka is quicker',
  },
  MUR_KAFKA_REFUSED: {
    disposition: 'stop',
    owner: 'kafka',
    when: 'Kafka answers, but refuses for good: authorization, unknown topic, record too large',
    next: 'run `murmur topics apply`, check ACLs and max.message.bytes',
  },
  MUR_GROUP_MEMBER_REPLACED: {
    disposition: 'stop',
    owner: 'kafka',
    when: "another process joined the consumer group under the same client id, at the same moment or after this one's session, and has its place",
    next: 'give every replica a client id of its own (a StatefulSet does); after a frozen process woke up nothing is to do',
  },
  MUR_GROUP_PLACE_TAKEN: {
    disposition: 'stop',
    owner: 'kafka',
    when: 'a process started under the client id of one that is in the consumer group and lives; it took nothing from it',
    next: 'give every replica a client id of its own (a StatefulSet does), or end the other process, frozen or not',
  },
  MUR_HANDLER_TIMEOUT: {
    disposition: 'retry',
    owner: 'consumer',
    when: "a handler did not end by its call's deadline, which aborted its signal",
    next: 'look at the latency of the sink; raise callDeadlineMs where calls are meant to take that long',
  },
  MUR_HANDLER_STUCK: {
    disposition: 'stop',
    owner: 'consumer',
    when: 'a handler ignored its aborted signal for as long again; its key can not go on',
    next: 'the restart cures it for now; the handler must honour its signal',
  },
  MUR_LEASE_LOST: {
    disposition: 'wait',
    owner: 'consumer',
    when: 'a handler asked before its effect whether it may act, and the partition was given away meanwhile',
    next: 'nothing, if it is rare: the next owner does it; else look for pauses of the process or of its machine',
  },
  MUR_COMMIT_UNREADABLE: {
    disposition: 'stop',
    owner: 'consumer',
    when: 'the commit metadata of the group was written by a newer release',
    next: 'run the newer release again; or, with all members stopped, reset the offsets and accept repeats',
  },
  MUR_COMMIT_METADATA_FULL: {
    disposition: 'stop',
    owner: 'consumer',
    when: 'many owners in a row ended before they had read the retry topic, and their fences fill the commit metadata',
    next: 'find out why members end so soon; then, with all members stopped, reset the offsets and accept repeats',
  },
  MUR_TOPIC_MISMATCH: {
    disposition: 'stop',
    owner: 'kafka',
    when: 'a topic is missing at start, or differs from the catalog after `murmur topics apply` changed it',
    next: 'run `murmur topics apply`; where it says so again, somebody else changes the same topics',
  },
  MUR_TOPOLOGY_REFUSED: {
    disposition: 'stop',
    owner: 'kafka',
    when: '`murmur topics apply` would break key order, move data, or delete records; nothing was changed',
    next: 'docs/topics.md says how to change partitions and copies; --allow-data-loss gives up what the message names',
  },
  MUR_REGISTRY_UNAVAILABLE: {
    disposition: 'wait',
    owner: 'avro',
    when: 'the schema registry refuses the connection, times out, or answers anything but a clear yes or no',
    next: 'check the registry, and the path of SCHEMA_REGISTRY_URL; decoding goes on by itself',
  },
  MUR_REGISTRY_UNAUTHORIZED: {
    disposition: 'wait',
    owner: 'avro',
    when: 'the schema registry answers 401 or 403: nothing is known of any schema, so everything waits',
    next: 'set valid SCHEMA_REGISTRY_USERNAME and _PASSWORD, or SCHEMA_REGISTRY_TOKEN, with the right to read; restart',
  },
  MUR_SCHEMA_NOT_REGISTERED: {
    disposition: 'stop',
    owner: 'avro',
    when: 'at start, the registry does not know a schema that this service writes',
    next: 'run `murmur schemas push`',
  },
  MUR_SCHEMA_REFUSED: {
    disposition: 'stop',
    owner: 'avro',
    when: 'the registry refuses a schema on push: incompatible or invalid',
    next: 'change the schema so that old readers and old records still fit',
  },
  MUR_SCHEMA_UNKNOWN: {
    disposition: 'quarantine',
    owner: 'avro',
    when: 'a record names a schema id that the registry does not know, or one that our reader cannot resolve',
    next: 'find the producer of the record; look at its bytes in bird.quarantine.v1',
  },
  MUR_RECORD_CORRUPT: {
    disposition: 'quarantine',
    owner: 'avro',
    when: 'a record is not in the wire format, or its bytes do not fit its schema',
    next: 'find the producer of the record; look at its bytes in bird.quarantine.v1',
  },
  MUR_EVENT_UNENCODABLE: {
    disposition: 'stop',
    owner: 'avro',
    when: 'an event does not fit the schema that it is to be written with: a defect of ours',
    next: 'report it with the field that the message names',
  },
  MUR_MEDIA_UNAVAILABLE: {
    disposition: 'retry',
    owner: 'media-processor',
    when: "Bird's media host fails for now: network, 5xx, 429, a presigned URL that has expired",
    next: 'wait; the record is retried',
  },
  MUR_MEDIA_CREDENTIALS: {
    disposition: 'wait',
    owner: 'media-processor',
    when: "Bird's media host refuses our AccessKey (401)",
    next: 'set a valid BIRD_ACCESS_KEY',
  },
  MUR_OUTBOUND_REFUSED: {
    disposition: 'dead-letter',
    owner: 'outbound',
    when: 'an address is not allowed: foreign host, private address, plain http',
    next: 'if the host is right, add it to the allowed hosts',
  },
  MUR_OUTBOUND_FAILED: {
    disposition: 'retry',
    owner: 'outbound',
    when: 'the network failed before an answer came: refused, reset, timed out, name not found',
    next: 'check the network to the host that the message names',
  },
  MUR_OBJECT_STORE_FAILED: {
    disposition: 'wait',
    owner: 'objects',
    when: 'the object store cannot be written or read: full, read-only, gone',
    next: 'check the disk or bucket; the record is retried',
  },
  MUR_DATABASE_UNAVAILABLE: {
    disposition: 'wait',
    owner: 'database',
    when: 'PostgreSQL refuses connections, shuts down, or is out of resources',
    next: 'check the database; everything goes on by itself',
  },
  MUR_DATABASE_CONFLICT: {
    disposition: 'retry',
    owner: 'database',
    when: 'a transaction lost against another one: serialization failure, deadlock, lock time-out',
    next: 'nothing; it is retried',
  },
  MUR_DATABASE_REFUSED: {
    disposition: 'dead-letter',
    owner: 'database',
    when: 'PostgreSQL refuses this statement for good: data or constraint error',
    next: 'look at the dead letter; the message names the SQLSTATE',
  },
  MUR_DATABASE_MISCONFIGURED: {
    disposition: 'stop',
    owner: 'database',
    when: 'the database answers but cannot serve us: wrong password, missing database, missing table',
    next: 'check DATABASE_URL, then run `murmur db migrate`',
  },
  MUR_AUDIT_APPEND_FAILED: {
    disposition: 'stop',
    owner: 'audit-log',
    when: 'the audit trail cannot be appended to',
    next: 'check the disk; the service resumes at the last appended record when it starts again',
  },
  MUR_UNCLASSIFIED: {
    disposition: 'retry',
    owner: 'errors',
    when: 'an error outside this table was thrown: a defect of ours; retried within the plan, then dead-lettered',
    next: 'report it with its stack from the log',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorCodes
