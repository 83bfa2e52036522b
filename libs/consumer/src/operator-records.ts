import { headerNames, type KafkaRecord, type MovedRecord } from '@murmuration/kafka'
import { parseParked } from './parked-headers.ts'
import type { OperatorCommand } from './partition/partition-event.ts'

/** An operator's word about a parked record, for the retry partition where it waits. Pure. */
export function toCommandRecord(
  parked: { readonly record: KafkaRecord; readonly origin: number },
  order: { readonly word: OperatorCommand['word']; readonly operationId: string },
): MovedRecord {
  const { topic, partition, key } = parked.record
  const headers = {
    [headerNames.command]: order.word,
    [headerNames.originOffset]: String(parked.origin),
    [headerNames.operation]: order.operationId,
  }
  return { kind: 'moved', topic, partition, key, value: null, headers }
}

/**
 * A dead letter on its way back into the retry topic: key, value, partition and headers stay. The operation's id and the
 * letter's offset are the name by which a second copy is known.
 *
 * @returns undefined where its headers can't be read: the consumer would set it aside again, untried
 */
export function toRedriveRecord(
  letter: KafkaRecord,
  to: { readonly retryTopic: string; readonly operationId: string },
): MovedRecord | undefined {
  const { partition, key, value } = letter
  const headers = {
    ...letter.headers,
    [headerNames.redriveRun]: to.operationId,
    [headerNames.redriveOffset]: String(letter.offset),
  }
  if (parseParked({ ...letter, headers }) === undefined) return undefined
  return { kind: 'moved', topic: to.retryTopic, partition, key, value, headers }
}
