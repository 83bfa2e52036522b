import type { KafkaRecord, TopicPartition } from './group-source.ts'
import type { Headers } from './headers.ts'
import { type FetchedMessage, type FetchedPartition, toBatch } from './kafkajs-insides.ts'

/** Most records that are delivered at once: a pause takes effect between two deliveries. */
const MAX_SLICE = 500
/** What a record costs beside its key and value, bytes. */
const RECORD_OVERHEAD = 200

/** Records of a fetch that are delivered together. */
export interface Slice {
  readonly records: readonly KafkaRecord[]
  /** The high watermark at the fetch. */
  readonly high: number
  /** What they hold in memory, about. */
  readonly bytes: number
}

/**
 * Reads what was fetched of a partition, and where to go on.
 *
 * @throws {RangeError} an offset that a number does not hold exactly
 */
export function toSlices(
  at: TopicPartition,
  fetchOffset: number,
  fetched: FetchedPartition,
): { readonly slices: readonly Slice[]; readonly nextOffset: number } {
  const { messages, nextOffset } = toBatch(at.topic, fetchOffset, fetched)
  if (!Number.isSafeInteger(nextOffset)) throw new RangeError(`${at.topic}/${at.partition} has passed offset 2^53`)
  const high = Number(fetched.highWatermark)
  const slices: Slice[] = []
  for (let from = 0; from < messages.length; from += MAX_SLICE) {
    const records = messages.slice(from, from + MAX_SLICE).map((message) => toRecord(at, message))
    slices.push({ records, high, bytes: records.reduce((sum, record) => sum + sizeOf(record), 0) })
  }
  return { slices, nextOffset }
}

function toRecord({ topic, partition }: TopicPartition, message: FetchedMessage): KafkaRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers),
    timestampMs: Number(message.timestamp),
  }
}

function toHeaders(headers: FetchedMessage['headers'] = {}): Headers {
  const flat: Record<string, Buffer | string> = {}
  for (const name in headers) {
    const value = headers[name]
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined) flat[name] = last
  }
  return flat
}

function sizeOf({ key, value }: KafkaRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD
}
