import type { KafkaRecord, PartitionBounds } from '@murmuration/kafka'
import { CommitUnreadableError } from './consumer-errors.ts'
import { keyText, parseCommand, parseParked } from './parked-headers.ts'
import { decodeMetadata, type Fence } from './partition/commit-metadata.ts'
import type { Settlement } from './partition/offset-tracker.ts'
import type { PartitionEvent } from './partition/partition-event.ts'
import { bytesOf, toWork, type Work } from './work.ts'

/** What a record of a retry topic is to the reducer: an operator's command, or a parked record. Pure. */
export function toRetryEvent(record: KafkaRecord): PartitionEvent<Work> {
  const command = parseCommand(record)
  if (command !== undefined) return { kind: 'command', command }
  const parked = parseParked(record)
  const key = keyText(record.key)
  const common = { offset: record.offset, key, bytes: bytesOf(record), payload: toWork(record) }
  const unreadable = {
    origin: record.offset,
    owner: 0,
    head: false,
    dueAtMs: 0,
    firstFailedAtMs: null,
    failures: 0,
    redrive: `unreadable:${record.offset}`,
    unreadable: true,
  } as const
  return { kind: 'retry-record', record: { ...common, ...(parked ?? unreadable) } }
}

/** What was committed, without what the topic holds no more. @throws {CommitUnreadableError} */
export function restoreSettlement(
  bounds: PartitionBounds | undefined,
): Settlement & { readonly fences: readonly Fence[] } {
  if (bounds?.committed === undefined) return { offset: bounds?.low ?? 0, done: [], fences: [] }
  const { offset, metadata } = bounds.committed
  const known = decodeMetadata(offset, metadata)
  if (known === undefined) throw new CommitUnreadableError(bounds)
  const low = Math.max(offset, bounds.low)
  const done = known.done.filter(({ to }) => to > low).map(({ from, to }) => ({ from: Math.max(from, low), to }))
  return { offset: low, done, fences: known.fences }
}
