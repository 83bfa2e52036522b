import type { ParkedEntry } from '@murmuration/consumer'
import type { KafkaRecord } from '@murmuration/kafka'
import type { Operation } from '@murmuration/schemas'

/** A record that a consumer set aside, as commands show and choose it. Its value is carried along and never shown. */
export interface SetAsideRecord {
  /** Consumer group, as the catalog names it. */
  readonly consumer: string
  /** Where it was first written, topic as the catalog names it. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Undefined until it is read out of the value; null where that can't be read. */
  readonly eventId: string | null | undefined
  /** Failure class: the code of the error for which it was set aside, or `behind-parked`, `released`. */
  readonly reason: string
  /** Calls that had failed when it was set aside. */
  readonly tries: number
  /** Epoch ms; null: it was not tried. */
  readonly firstFailedAtMs: number | null
  /** Epoch ms at which it was set aside. */
  readonly setAsideAtMs: number
  /** As it lies in the retry or dead-letter topic. */
  readonly record: KafkaRecord
}

/** A record that waits in a retry topic. */
export interface ParkedRecord extends SetAsideRecord, Pick<ParkedEntry, 'ahead' | 'dueAtMs' | 'ordered' | 'redrive'> {}

/**
 * What became of a dead letter: nothing yet; put back and waiting in the retry topic; put back and gone from there;
 * recorded as put back, while the retry topic never got it; or it is a copy of a letter before it, left by a crash.
 */
export type LetterState = 'open' | 'waiting' | 'redriven' | 'unfinished' | 'copy'

/** A record in a dead-letter topic. */
export interface DeadLetter extends SetAsideRecord {
  readonly state: LetterState
  /** The operation that put it back, where one is recorded. */
  readonly redrivenBy: Pick<Operation, 'eventId' | 'actor' | 'occurredAt'> | undefined
}

/** Where a record was first written, as people and operations name it: `topic/partition/offset`. */
export function placeOf({ topic, partition, offset }: SetAsideRecord): string {
  return `${topic}/${partition}/${offset}`
}
