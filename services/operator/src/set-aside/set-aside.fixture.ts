// Records that were set aside, for the tests.
import { headerNames, type KafkaRecord } from '@murmuration/kafka'
import type { DeadLetter, ParkedRecord, SetAsideRecord } from './set-aside-record.ts'

export const NOW = Date.UTC(2026, 0, 31, 12)
export const TOPIC = 'orders.v1'
export const RETRY = 'p.orders.v1.group-a.retry'
export const DLQ = 'p.orders.v1.group-a.dlq'

/** A record as it lies in the retry or dead-letter topic, one minute old. */
export function givenStored(topic: string, fields: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic,
    partition: 3,
    offset: 5,
    key: Buffer.from('anna'),
    value: Buffer.from('what nobody may see'),
    headers: { own: 'kept', [headerNames.originOffset]: '17', [headerNames.attempt]: '2' },
    timestampMs: NOW - 60_000,
    ...fields,
  }
}

function givenSetAside(record: KafkaRecord): SetAsideRecord {
  return {
    consumer: 'group-a',
    topic: TOPIC,
    partition: record.partition,
    offset: 17,
    eventId: 'e17',
    reason: 'MUR_DATABASE_CONFLICT',
    tries: 2,
    firstFailedAtMs: NOW - 90_000,
    setAsideAtMs: record.timestampMs,
    record,
  }
}

export function givenParked(fields: Partial<ParkedRecord> = {}): ParkedRecord {
  const waits = { ahead: 0, dueAtMs: NOW + 30_000, ordered: undefined, redrive: null }
  return { ...givenSetAside(givenStored(RETRY)), ...waits, ...fields }
}

export function givenLetter(fields: Partial<DeadLetter> = {}): DeadLetter {
  return { ...givenSetAside(givenStored(DLQ)), state: 'open', redrivenBy: undefined, ...fields }
}
