import type { KafkaRecord } from '@murmuration/kafka'
import { Fifo } from './partition/fifo.ts'
import { bytesOf } from './work.ts'

/** Records that were fetched and are not admitted yet, first in first out. */
export interface RecordBuffer {
  readonly length: number
  readonly bytes: number
  push(records: readonly KafkaRecord[]): void
  shift(): KafkaRecord | undefined
  first(): KafkaRecord | undefined
}

/** A queue that knows its bytes. */
export function createRecordBuffer(): RecordBuffer {
  const records = new Fifo<KafkaRecord>()
  let bytes = 0
  return {
    get length() {
      return records.length
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
      const record = records.shift()
      if (record !== undefined) bytes -= bytesOf(record)
      return record
    },
    first: () => records.first(),
  }
}
