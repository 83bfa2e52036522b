import { errorLogFields } from '@murmuration/errors'
import type { Assignment, PartitionBounds, TopicPartition } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import { createHolding, type Holding } from './holding.ts'
import { isOutage } from './is-outage.ts'
import type { PartitionRunner } from './partition-runner.ts'

/** Between two tries to ask Kafka what must be known, ms. */
const REPEAT_MS = 500

/** A partition of the consumer's topics and, where the assignment has it, its retry partition. */
type Pair = readonly TopicPartition[]

/** What is known of some pairs, and the pairs that nobody could tell of. */
interface Answered {
  readonly bounds: readonly PartitionBounds[]
  readonly left: readonly Pair[]
}

/**
 * Takes hold of an assignment: reads what was committed and sets the fences. Only then may anything be read or handled.
 *
 * A partition that nobody can tell of, since it has no leader, is taken as soon as somebody can; the others do not wait
 * for it. Resolves when all are taken, or when the assignment has ended first.
 *
 * @throws {CommitUnreadableError} @throws {CommitMetadataFullError} @throws {KafkaRefusedError}
 */
export async function takeHold<E extends object>(
  assignment: Assignment,
  deps: ConsumerDeps<E>,
  group: {
    readonly abort: AbortController
    readonly changed: () => void
    readonly fail: (error: unknown) => void
    /** These partitions are held from now on. */
    readonly taken: (holding: Holding, runners: readonly PartitionRunner[]) => void
  },
): Promise<void> {
  const { source, clock, logger } = deps
  const { signal } = group.abort
  const owner = Math.floor(clock.random() * 2 ** 32)
  const holding = createHolding(assignment, deps, { ...group, owner })
  let left = toPairs(assignment, deps)
  do {
    const answered = await untilAnswered(() => ask(left))
    if (answered === undefined) return
    const runners = holding.take(answered.bounds)
    const fences = runners.flatMap((runner) => runner.fence())
    if ((await untilAnswered(() => source.commit(fences, assignment.epoch))) !== true) return
    group.taken(holding, runners)
    left = answered.left
    if (left.length > 0) await clock.delay(REPEAT_MS, signal)
  } while (left.length > 0)

  /** All at once, or pair by pair where that fails. @throws none of them is known */
  async function ask(pairs: readonly Pair[]): Promise<Answered> {
    try {
      return { bounds: await source.bounds(pairs.flat()), left: [] }
    } catch (error) {
      if (!isOutage(error) || pairs.length === 1) throw error
      const answers = await Promise.all(pairs.map((pair) => source.bounds(pair).catch(orUnknown)))
      if (answers.every((answer) => answer === undefined)) throw error
      logger.warn('some partitions can not be told of; they are asked for again', errorLogFields(error))
      return {
        bounds: answers.flatMap((bounds) => bounds ?? []),
        left: pairs.filter((_, index) => answers[index] === undefined),
      }
    }
  }

  /** Undefined: the assignment ended first. */
  async function untilAnswered<T>(askOnce: () => Promise<T>): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        const answer = await askOnce()
        return signal.aborted ? undefined : answer
      } catch (error) {
        if (!isOutage(error)) throw error
        logger.warn('Kafka does not answer; it is asked again', errorLogFields(error))
        await clock.delay(REPEAT_MS, signal)
      }
    }
    return undefined
  }
}

function orUnknown(error: unknown): undefined {
  if (!isOutage(error)) throw error
}

function toPairs<E extends object>({ partitions }: Assignment, { consumer, names }: ConsumerDeps<E>): readonly Pair[] {
  return consumer.topics.flatMap((topic) => {
    const [main, retry] = [names.topic(topic), names.retry(topic, consumer.groupId)]
    const mains = partitions.filter((one) => one.topic === main)
    return mains.map((one) => [
      one,
      ...partitions.filter((other) => other.topic === retry && other.partition === one.partition),
    ])
  })
}
