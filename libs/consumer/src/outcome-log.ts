import type { Publisher } from '@murmuration/kafka'
import type { OutcomeEntry, PartitionOutcomes } from '@murmuration/schemas'

/** Collects what became of offsets until the next commit. */
export interface OutcomeLog {
  add(partition: number, entry: OutcomeEntry): void
  /**
   * Publishes what was collected, a record per partition (more of them after an outage), and resolves when Kafka has acknowledged it.
   *
   * Keeps everything when it fails, for the next tick. @throws {KafkaUnavailableError} @throws {KafkaRefusedError}
   */
  flush(): Promise<void>
  /** Entries that are not acknowledged yet. */
  size(): number
}

/** Entries of one record; a hundred bytes each, of the 4 MiB that the topic takes. */
const MAX_ENTRIES = 10_000

/** Creates the log of one group member. */
export function createOutcomeLog(options: {
  readonly groupId: string
  readonly member: string
  readonly publisher: Publisher
  readonly now: () => number
}): OutcomeLog {
  let pending = new Map<number, OutcomeEntry[]>()
  return {
    add(partition, entry) {
      const entries = pending.get(partition)
      if (entries === undefined) pending.set(partition, [entry])
      else entries.push(entry)
    },
    async flush() {
      if (pending.size === 0) return
      const flushing = pending
      pending = new Map()
      try {
        const records = [...flushing].flatMap(([partition, entries]) => toRecords(partition, entries, options))
        await options.publisher.publish(records)
      } catch (error) {
        pending = merge(flushing, pending)
        throw error
      }
    },
    size: () => [...pending.values()].reduce((sum, entries) => sum + entries.length, 0),
  }
}

function toRecords(partition: number, entries: readonly OutcomeEntry[], options: Parameters<typeof toRecord>[2]) {
  const records = []
  for (let from = 0; from < entries.length; from += MAX_ENTRIES) {
    records.push(toRecord(partition, entries.slice(from, from + MAX_ENTRIES), options))
  }
  return records
}

function toRecord(
  partition: number,
  entries: readonly OutcomeEntry[],
  options: { groupId: string; member: string; now: () => number },
) {
  const event: PartitionOutcomes = {
    group: options.groupId,
    type: 'outcomes.committed',
    partition,
    member: options.member,
    reportedAt: options.now(),
    entries,
  }
  return { kind: 'event', record: 'partition-outcomes', key: `${options.groupId}:${partition}`, event } as const
}

function merge(older: Map<number, OutcomeEntry[]>, newer: Map<number, OutcomeEntry[]>): Map<number, OutcomeEntry[]> {
  for (const [partition, entries] of newer) older.set(partition, [...(older.get(partition) ?? []), ...entries])
  return older
}
