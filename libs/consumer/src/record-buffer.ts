import type { KafkaRecord } from '@murmuration/kafka'
import { bytesOf } from './work.ts'

/** Records that were fetched and are not admitted yet, first in first out. */
export interface RecordBuffer {
  readonly length: number
  readonly bytes: number
  push(records: readonly KafkaRecord[]): void
  shift(): KafkaRecord | undefined
  first(): KafkaRecord | undefined
}

/** A queue whose `shift` costs the same however long it is. */
export function createRecordBuffer(): RecordBuffer {
  let records: KafkaRecord[] = []
  let head = 0
  let bytes = 0
  return {
    get length() {
      return records.length - head
    },
    get bytes() {
      return bytes
    },
    push(more) {
      for (const record of more) {
        records.push(record)
        bytes += bytesOf(record)
      }
    },
    shift() {
      const record = records[head]
      if (record === undefined) return undefined
      bytes -= bytesOf(record)
      head += 1
      if (head > 1_024 && head * 2 > records.length) {
        records = records.slice(head)
        head = 0
      }
      return record
    },
    first: () => records[head],
  }
}
