import { errorLogFields } from '@murmuration/errors'
import type { Assignment, OutboundRecord, PartitionBounds, PublishReceipt, TopicPartition } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import { isOutage } from './is-outage.ts'
import type { SetAside } from './partition/partition-event.ts'
import { createPartitionRunner, type PartitionRunner } from './partition-runner.ts'
import { report } from './report.ts'
import { toAsideRecord, toParkedRecord } from './set-aside.ts'
import { movedBytesOf, type WorkItem } from './work.ts'
import { createWriteQueue, type WriteQueue } from './write-queue.ts'

/** What one assignment gives to this member. All of it is dropped when the assignment ends. */
export interface Holding {
  readonly epoch: number
  /** Aborted when the assignment has ended. */
  readonly abort: AbortController
  readonly runners: readonly PartitionRunner[]
  /** Partitions of the assignment that are not read, since their topic has no such retry partition (yet). */
  readonly leftOut: readonly TopicPartition[]
  /** Partitions of the assignment that nobody could tell of yet. */
  untaken(): readonly TopicPartition[]
  /** Starts a runner for each of these partitions, with its retry partition; while draining, none. @returns the new ones */
  take(bounds: readonly PartitionBounds[]): readonly PartitionRunner[]
  runnerOf(partition: TopicPartition): PartitionRunner | undefined
  /** Whether this process may act for its partitions now. */
  isHeld(): boolean
  /** Nothing new is started or parked from now on. */
  drain(): void
  /** No write to a retry topic, DLQ or quarantine waits or is under way. */
  idle(): boolean
  /** Since when the oldest of these writes that fails has failed, monotonic ms; undefined: none does. */
  writesFailSinceMs(): number | undefined
}

/** Between two tries to write what must be written, ms. */
const REPEAT_MS = 500

/** What an assignment gives, before anything of it is taken. */
export function createHolding<E extends object>(
  assignment: Assignment,
  deps: ConsumerDeps<E>,
  group: {
    readonly abort: AbortController
    readonly owner: number
    readonly changed: () => void
    readonly fail: (error: unknown) => void
  },
): Holding {
  const { consumer, source, names, clock, logger } = deps
  const { signal } = group.abort
  const queues: { idle(): boolean }[] = []
  const failingSinceMs = new Set<{ readonly atMs: number }>()
  const isHeld = () => !signal.aborted && clock.monotonicMs() < source.leaseUntilMs()

  /** Resolves to undefined when the assignment ended first. @throws {KafkaRefusedError} */
  async function writeUntilAcknowledged(records: readonly OutboundRecord[]): Promise<PublishReceipt | undefined> {
    const since = { atMs: clock.monotonicMs() }
    while (!signal.aborted) {
      try {
        if (isHeld()) {
          const receipt = await deps.publisher.publish(records)
          failingSinceMs.delete(since)
          return receipt
        }
      } catch (error) {
        if (!isOutage(error)) throw error
        failingSinceMs.add(since)
        logger.warn('a record could not be set aside; it is tried again', errorLogFields(error))
      }
      await clock.delay(REPEAT_MS, signal)
    }
    return undefined
  }

  /** One write at a time, so that Kafka is not asked for more than it can take; `settle` says what is fed back then. */
  function createQueue<T extends { readonly item: WorkItem }>(
    toRecord: (one: T) => OutboundRecord,
    settle: (one: T, receipt: PublishReceipt) => void,
  ): WriteQueue<T> {
    const queue = createWriteQueue<T, PublishReceipt>({
      write: (batch) => writeUntilAcknowledged(batch.map(toRecord)),
      bytesOf: ({ item }) => movedBytesOf(item.payload.record),
      acknowledged(one, receipt) {
        if (signal.aborted) return
        settle(one, receipt)
        group.changed()
      },
      fail: group.fail,
    })
    queues.push(queue)
    return queue
  }

  function createRunner(main: PartitionBounds, retry: PartitionBounds | undefined): PartitionRunner {
    const origin = { topic: names.unprefixed(main.topic), partition: main.partition }
    const appends = createQueue(
      (append: Parameters<typeof toParkedRecord>[0]) => toParkedRecord(append, { origin, owner: group.owner }, deps),
      ({ item }, receipt) => {
        const end = retry && receipt.endOf(retry.topic, retry.partition)
        if (end === undefined)
          throw new TypeError(`Kafka acknowledged ${main.topic}-${main.partition}@${item.origin} nowhere`)
        runner.feed({ kind: 'appended', item, end })
      },
    )
    const asides = createQueue(
      ({ item, as }: { readonly item: WorkItem; readonly as: SetAside }) => toAsideRecord(item, as, origin, deps),
      ({ item, as }) => runner.feed({ kind: 'set-aside', item, as }),
    )
    const runner: PartitionRunner = createPartitionRunner(
      { main, retry },
      { origin, owner: group.owner, consumer },
      {
        append: appends.push,
        setAside: (item, as) => asides.push({ item, as }),
        report: (item, how) => report(item, how, origin, deps),
        pause: (partition) => source.pause([partition]),
        resume: (partition) => source.resume([partition]),
      },
    )
    return runner
  }

  const byPartition = new Map<string, PartitionRunner>()
  const runners: PartitionRunner[] = []
  const leftOut: TopicPartition[] = []
  const untaken = new Map<string, TopicPartition>()
  const mainTopics = new Set(consumer.topics.map(names.topic))
  for (const main of assignment.partitions) if (mainTopics.has(main.topic)) untaken.set(nameOf(main), main)
  let draining = false

  /** Undefined: it is left out. */
  function takeOne(main: PartitionBounds, retry: PartitionBounds | undefined): PartitionRunner | undefined {
    untaken.delete(nameOf(main))
    if (retry === undefined && consumer.plan.whenSpent !== 'stop') {
      leftOut.push({ topic: main.topic, partition: main.partition })
      logger.error('a partition without a retry partition is not read', { group: consumer.groupId, ...leftOut.at(-1) })
      return undefined
    }
    const runner = createRunner(main, retry)
    runners.push(runner)
    byPartition.set(nameOf(main), runner)
    if (retry !== undefined) byPartition.set(nameOf(retry), runner)
    return runner
  }

  return {
    epoch: assignment.epoch,
    abort: group.abort,
    runners,
    leftOut,
    untaken: () => [...untaken.values()],
    take(bounds) {
      if (draining) return []
      const boundsOf = new Map(bounds.map((bound) => [nameOf(bound), bound]))
      return bounds.flatMap((main) => {
        if (!untaken.has(nameOf(main))) return []
        const topic = names.retry(names.unprefixed(main.topic), consumer.groupId)
        return takeOne(main, boundsOf.get(nameOf({ topic, partition: main.partition }))) ?? []
      })
    },
    isHeld,
    runnerOf: (partition) => byPartition.get(nameOf(partition)),
    drain() {
      draining = true
      for (const runner of runners) runner.feed({ kind: 'drain' })
    },
    idle: () => queues.every((queue) => queue.idle()),
    writesFailSinceMs: () => failingSinceMs.values().next().value?.atMs,
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`
}
