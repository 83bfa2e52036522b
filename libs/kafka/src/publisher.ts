import type { RecordName } from '@murmuration/schemas'
import type { Headers } from './headers.ts'
import type { PublishReceipt } from './publish-receipt.ts'

/** An event of the catalog; its topic and schema follow from its record. */
export interface EventRecord {
  readonly kind: 'event'
  readonly record: RecordName
  /** Null: no order is asked for, any partition. */
  readonly key: string | null
  readonly event: object
  readonly headers?: Headers
}

/** A record that moves as it is: key, value bytes and original headers stay. */
export interface MovedRecord {
  readonly kind: 'moved'
  /** Topic as the cluster knows it. */
  readonly topic: string
  /** Explicit, the origin's; never by hashing the key again. */
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

/** Something to publish. */
export type OutboundRecord = EventRecord | MovedRecord

/** Writes to Kafka. */
export interface Publisher {
  /** Whether `publish` would take records now; false while Kafka is slower than what comes in. */
  admits(): boolean
  /**
   * Resolves when Kafka has acknowledged every record (acks=all), in one request; order per key is the call order.
   *
   * @param waitingSinceMs when somebody began to wait for it, on the clock of `performance.now`: the deadline counts from
   *   there. Without it, from this call
   * @throws {KafkaUnavailableError} not acknowledged within the deadline: what became of a request under way is unknown.
   *   Also for an explicit partition that the topic does not have (yet): then nothing of the call was sent
   * @throws {KafkaOverloadedError} Kafka is slower than what comes in; nothing was sent
   * @throws {KafkaRefusedError} Kafka refuses for good, e.g. a record too large
   * @throws {EventUnencodableError} a defect of ours; nothing was sent
   */
  publish(records: readonly OutboundRecord[], waitingSinceMs?: number): Promise<PublishReceipt>
  /** Flushes what is queued within the deadline, then disconnects. */
  close(): Promise<void>
}
