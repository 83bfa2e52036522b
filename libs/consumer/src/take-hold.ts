import { errorLogFields } from '@murmuration/errors'
import type { Assignment } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import { createHolding, type Holding } from './holding.ts'
import { isOutage } from './is-outage.ts'

/** Between two tries to ask Kafka what must be known, ms. */
const REPEAT_MS = 500

/**
 * Takes hold of an assignment: reads what was committed and sets the fences. Only then may anything be read or handled.
 *
 * @returns undefined: the assignment ended first
 * @throws {CommitUnreadableError} @throws {CommitMetadataFullError} @throws {KafkaRefusedError}
 */
export async function takeHold<E extends object>(
  assignment: Assignment,
  deps: ConsumerDeps<E>,
  group: {
    readonly abort: AbortController
    readonly changed: () => void
    readonly fail: (error: unknown) => void
  },
): Promise<Holding | undefined> {
  const { source, clock, logger } = deps
  const { signal } = group.abort
  const bounds = await untilAnswered(() => source.bounds(assignment.partitions))
  if (bounds === undefined) return undefined
  const owner = Math.floor(clock.random() * 2 ** 32)
  const holding = createHolding(assignment, bounds, deps, { ...group, owner })
  const fences = holding.runners.flatMap((runner) => runner.fence())
  const fenced = await untilAnswered(() => source.commit(fences, assignment.epoch))
  return fenced === true ? holding : undefined

  /** Undefined: the assignment ended first. */
  async function untilAnswered<T>(ask: () => Promise<T>): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        const answer = await ask()
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
