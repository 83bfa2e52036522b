import type { Assignment, KafkaRecord, PartitionSource, RecordBatch, TopicPartition } from '../group-source.ts'

/** A source with a listener that writes everything down. */
export interface WatchedSource extends PartitionSource {
  /** The assignment that stands. */
  assignment(): Assignment | undefined
  /** `assigned 1`, `expired 0 to 2`, `drain 1`, `lost 1`, `failed MUR_…`, in order; records are not in it. */
  readonly events: readonly string[]
  readonly records: readonly KafkaRecord[]
  readonly batches: readonly RecordBatch[]
  /** Resolves when the condition holds; looked at after each event. */
  until(condition: () => boolean): Promise<void>
}

/** What a listener of the tests does. */
export interface WatchOptions {
  /** Partitions to resume at each assignment; all of them when not given. */
  readonly resume?: (assignment: Assignment) => readonly TopicPartition[]
  readonly onDrain?: (epoch: number) => Promise<void>
}

/** Starts a source. */
export async function watchSource(source: PartitionSource, options: WatchOptions = {}): Promise<WatchedSource> {
  const { resume = ({ partitions }) => partitions, onDrain = async () => undefined } = options
  const events: string[] = []
  const records: KafkaRecord[] = []
  const batches: RecordBatch[] = []
  const waiting = new Set<() => void>()
  let assignment: Assignment | undefined
  const note = (event?: string) => {
    if (event !== undefined) events.push(event)
    for (const look of waiting) look()
  }
  await source.start({
    assigned(next) {
      assignment = next
      source.resume(resume(next))
      note(`assigned ${next.epoch}`)
    },
    records(batch) {
      batches.push(batch)
      records.push(...batch.records)
      note()
    },
    expired: ({ from, to }) => note(`expired ${from} to ${to}`),
    async drain(epoch) {
      note(`drain ${epoch}`)
      await onDrain(epoch)
    },
    lost(epoch) {
      assignment = undefined
      note(`lost ${epoch}`)
    },
    failed: (error) => note(`failed ${'code' in error ? error.code : error.message}`),
  })
  return {
    ...source,
    events,
    records,
    batches,
    assignment: () => assignment,
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
