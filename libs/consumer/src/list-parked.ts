import { headerNames, type KafkaRecord, type PartitionBounds } from '@murmuration/kafka'
import { createPartition, type Order, type PartitionState } from './partition/partition-state.ts'
import { reduce } from './partition/reduce.ts'
import { restoreSettlement, toRetryEvent } from './read-retry-topic.ts'
import type { Work, WorkItem } from './work.ts'

/** Nobody's: owners draw theirs from 32 bits. */
const NO_OWNER = -1

/** A record that waits in a retry topic. Nothing of its value is read. */
export interface ParkedEntry {
  /** As it lies in the retry topic. */
  readonly record: KafkaRecord
  /** Its offset in the main topic. */
  readonly origin: number
  /** Code of the failure for which it was parked; `behind-parked` where it was not tried. */
  readonly reason: string
  /** Calls that had failed when it was parked. Its owner keeps later ones in memory. */
  readonly tries: number
  /** Epoch ms; null: not tried when it was parked. */
  readonly firstFailedAtMs: number | null
  /** Epoch ms of the first try after it was parked; 0: at once. */
  readonly dueAtMs: number
  /** Records of its key that go before it; 0: it is the next one. */
  readonly ahead: number
  /** What an operator said about it and has not been carried out. */
  readonly ordered: 'release' | 'discard' | undefined
  /** Of a dead letter that was put back: `<operation>:<offset in the DLQ>`. */
  readonly redrive: string | null
}

/**
 * What waits in a retry partition, in the order of the topic, as the next owner of the partition would find it: by the
 * same rules (copies, late appends of former owners, records that a later head proves settled), by the same code.
 *
 * @param bounds of the same moment, read before `records`
 * @param records of the retry partition, in order, from its first one or from the committed offset, to its end
 * @throws {CommitUnreadableError}
 */
export function listParked(
  bounds: { readonly main: PartitionBounds; readonly retry: PartitionBounds },
  records: readonly KafkaRecord[],
  { order }: { readonly order: Order },
): readonly ParkedEntry[] {
  const { fences, ...retry } = restoreSettlement(bounds.retry)
  const state = createPartition<Work>({
    main: restoreSettlement(bounds.main),
    retry,
    fences,
    retryEnd: bounds.retry.high,
    owner: NO_OWNER,
    order,
    maxFold: 1,
  })
  // What is looked at stays as it is: a drained partition carries out nothing.
  reduce(state, { kind: 'drain' })
  for (const record of records) if (record.offset >= retry.offset) reduce(state, toRetryEvent(record))
  return entriesOf(state).toSorted((a, b) => a.record.offset - b.record.offset)
}

function entriesOf(state: PartitionState<Work>): readonly ParkedEntry[] {
  return [...state.keys.values()].flatMap((key) => key.retry.map(toEntry))
}

function toEntry({ payload, ...item }: WorkItem, ahead: number): ParkedEntry {
  const { record } = payload
  return {
    record,
    origin: item.origin,
    reason: String(record.headers[headerNames.errorCode] ?? ''),
    tries: item.failures,
    firstFailedAtMs: item.firstFailedAtMs,
    dueAtMs: item.dueAtMs,
    ahead,
    ordered: item.verdict === 'unreadable' ? undefined : item.verdict,
    redrive: item.redrive,
  }
}
