import type { KafkaRecord } from '@murmuration/kafka'
import type { HandleResult } from './handler.ts'
import type { Item } from './partition/partition-state.ts'

/** A record on its way through the consumer, and what was learned about it. */
export interface Work {
  /** As it was read: from the main topic, or from the retry topic with its headers. */
  readonly record: KafkaRecord
  eventId: string | null
  /** Epoch ms at which the ingress received the webhook, where known. */
  receivedAtMs: number | null
  /** Time in the handler, all tries of this process, ms. */
  durationMs: number
  /** How its last call ended, when it ended well. */
  result: HandleResult | undefined
  /** Code of its last failure. */
  errorCode: string | null
}

export type WorkItem = Item<Work>

export function toWork(record: KafkaRecord): Work {
  return { record, eventId: null, receivedAtMs: null, durationMs: 0, result: undefined, errorCode: null }
}

/** Bytes that a record holds in memory. */
export function bytesOf({ key, value }: KafkaRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0)
}

/** What moved headers add at most, bytes: see `toMovedHeaders`. */
const MOVED_HEADER_BYTES = 1_024

/** Bytes that a record has at most where it is moved to. */
export function movedBytesOf(record: KafkaRecord): number {
  const headers = Object.entries(record.headers)
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length, bytesOf(record) + MOVED_HEADER_BYTES)
}
