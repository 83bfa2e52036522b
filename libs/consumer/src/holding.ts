import { errorLogFields } from '@murmuration/errors'
import {
  type Assignment,
  KafkaUnavailableError,
  type OutboundRecord,
  type PartitionBounds,
  type PublishReceipt,
  type TopicPartition,
} from '@murmuration/kafka'
import { createAppendQueue } from './append-queue.ts'
import type { ConsumerDeps } from './consumer-deps.ts'
import { createPartitionRunner, type PartitionRunner } from './partition-runner.ts'
import { report } from './report.ts'
import { toAsideRecord, toParkedRecord } from './set-aside.ts'

/** What one assignment gives to this member. All of it is dropped when the assignment ends. */
export interface Holding {
  readonly epoch: number
  /** Aborted when the assignment has ended. */
  readonly abort: AbortController
  readonly runners: readonly PartitionRunner[]
  runnerOf(partition: TopicPartition): PartitionRunner | undefined
  /** No write to a retry topic, DLQ or quarantine is under way. */
  idle(): boolean
}

/** Between two tries to write what must be written, ms. */
const REPEAT_MS = 500

/** Starts a runner for each partition of the group's topics, with its retry partition. */
export function createHolding<E extends object>(
  assignment: Assignment,
  bounds: readonly PartitionBounds[],
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
  let writes = 0

  /** Resolves to undefined when the assignment ended first, or what must be written can't be. */
  async function writeUntilAcknowledged(records: readonly OutboundRecord[]): Promise<PublishReceipt | undefined> {
    writes += 1
    try {
      while (!signal.aborted) {
        try {
          if (clock.monotonicMs() < source.leaseUntilMs()) return await deps.publisher.publish(records)
        } catch (error) {
          if (!(error instanceof KafkaUnavailableError)) throw error
          logger.warn('a record could not be set aside; it is tried again', errorLogFields(error))
        }
        await clock.delay(REPEAT_MS, signal)
      }
    } catch (error) {
      group.fail(error)
    } finally {
      writes -= 1
    }
    return undefined
  }

  function createRunner(main: PartitionBounds, retry: PartitionBounds | undefined): PartitionRunner {
    const origin = { topic: names.unprefixed(main.topic), partition: main.partition }
    const appends = createAppendQueue(
      (batch: readonly Parameters<typeof toParkedRecord>[0][]) =>
        writeUntilAcknowledged(batch.map((append) => toParkedRecord(append, { origin, owner: group.owner }, deps))),
      ({ item }, receipt) => {
        if (signal.aborted || retry === undefined) return
        const end = receipt.endOf(retry.topic, retry.partition) ?? Number.POSITIVE_INFINITY
        runner.feed({ kind: 'appended', item, end })
        group.changed()
      },
    )
    const runner: PartitionRunner = createPartitionRunner(
      { main, retry },
      { owner: group.owner, consumer },
      {
        append: appends.push,
        setAside(item, as) {
          void writeUntilAcknowledged([toAsideRecord(item, as, origin, deps)]).then((receipt) => {
            if (receipt === undefined || signal.aborted) return
            runner.feed({ kind: 'set-aside', item, as })
            group.changed()
          })
        },
        report: (item, how) => report(item, how, origin, deps),
        pause: (partition) => source.pause([partition]),
        resume: (partition) => source.resume([partition]),
      },
    )
    return runner
  }

  const boundsOf = new Map(bounds.map((bound) => [nameOf(bound), bound]))
  const byPartition = new Map<string, PartitionRunner>()
  const runners: PartitionRunner[] = []
  const mainTopics = new Set(consumer.topics.map(names.topic))
  for (const main of assignment.partitions.filter(({ topic }) => mainTopics.has(topic))) {
    const retryTopic = names.retry(names.unprefixed(main.topic), consumer.groupId)
    const retry = boundsOf.get(nameOf({ topic: retryTopic, partition: main.partition }))
    const runner = createRunner(boundsOf.get(nameOf(main)) as PartitionBounds, retry)
    runners.push(runner)
    byPartition.set(nameOf(main), runner)
    if (retry !== undefined) byPartition.set(nameOf(retry), runner)
  }
  return {
    epoch: assignment.epoch,
    abort: group.abort,
    runners,
    runnerOf: (partition) => byPartition.get(nameOf(partition)),
    idle: () => writes === 0,
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`
}
