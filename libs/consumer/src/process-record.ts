import { errorCodeOf, errorLogFields, PipelineError } from '@murmuration/errors'
import type { Delivery } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import { decideOutcome } from './decide-outcome.ts'
import type { HandleResult, HandlerContext } from './handler.ts'
import type { Outcome, Settled } from './outcome.ts'
import { settle } from './settle.ts'

/** How long a dependency that is down is left alone before it is asked again, ms. */
const WAIT_MS = 1_000

interface Progress {
  attempt: number
  eventId: string | null
  receivedAtMs: number | null
  firstFailedAtMs: number | null
  durationMs: number
}

/**
 * Takes one record from its delivery to its end: decode, handle, decide, settle.
 *
 * Retries in place, so its partition waits meanwhile and order holds. Returns without settling when the partition is
 * lost or the service stops.
 * @param stopping aborted when the service stops: an attempt under way ends, no further one starts
 * @throws what an outcome of kind `stop` carries
 */
export async function processRecord<E extends object>(
  delivery: Delivery,
  stopping: AbortSignal,
  deps: ConsumerDeps<E>,
): Promise<void> {
  const ending = AbortSignal.any([delivery.signal, stopping])
  const progress: Progress = { attempt: 1, eventId: null, receivedAtMs: null, firstFailedAtMs: null, durationMs: 0 }
  while (!ending.aborted) {
    const outcome = await attemptOnce(delivery, progress, deps)
    switch (outcome.kind) {
      case 'retry':
        await deps.clock.delay(outcome.dueAtMs - deps.clock.now(), ending)
        progress.attempt += 1
        break
      case 'wait':
        await waitFor(outcome.dependency, ending, deps)
        break
      case 'stop':
        throw outcome.error
      default:
        await settle(delivery, outcome, progress, deps)
        return
    }
  }
}

async function attemptOnce<E extends object>(
  delivery: Delivery,
  progress: Progress,
  deps: ConsumerDeps<E>,
): Promise<Outcome> {
  const startedMs = deps.clock.now()
  try {
    return await decodeAndHandle(delivery, progress, deps)
  } catch (error) {
    if (delivery.signal.aborted) return { kind: 'wait', dependency: 'assignment' }
    const { consumer, metrics, logger, clock } = deps
    metrics.count('murmuration_consumer_errors_total', { group: consumer.groupId, code: errorCodeOf(error) })
    const { topic, partition, offset } = delivery.record
    logger.warn('an attempt failed', {
      topic,
      partition,
      offset: String(offset),
      eventId: progress.eventId,
      attempt: progress.attempt,
      ...errorLogFields(error),
    })
    const nowMs = clock.now()
    const firstFailedAtMs = progress.firstFailedAtMs ?? nowMs
    const { attempt } = progress
    const outcome = decideOutcome(error, {
      attempt,
      plan: consumer.plan,
      nowMs,
      firstFailedAtMs,
      jitter: clock.random(),
    })
    // An outage is no failure of the record: the plan's clock starts at the first one.
    if (outcome.kind !== 'wait') progress.firstFailedAtMs = firstFailedAtMs
    return outcome
  } finally {
    progress.durationMs += deps.clock.now() - startedMs
  }
}

async function decodeAndHandle<E extends object>(
  delivery: Delivery,
  progress: Progress,
  deps: ConsumerDeps<E>,
): Promise<Settled> {
  const { consumer, metrics, names } = deps
  const { record, signal } = delivery
  const topic = names.unprefixed(record.topic)
  const context = { topic, partition: record.partition, offset: record.offset, attempt: progress.attempt, signal }
  const decoded = await decode(delivery, context, deps)
  if ('result' in decoded) return decoded.result
  const { event } = decoded
  if ('eventId' in event && typeof event.eventId === 'string') progress.eventId = event.eventId
  if ('receivedAt' in event && typeof event.receivedAt === 'number') progress.receivedAtMs = event.receivedAt
  const startedMs = deps.clock.now()
  try {
    return await consumer.handleEvent(event, context)
  } finally {
    const seconds = (deps.clock.now() - startedMs) / 1_000
    metrics.observe('murmuration_consumer_handler_seconds', { group: consumer.groupId, topic }, seconds)
  }
}

async function decode<E extends object>(
  { record }: Delivery,
  context: HandlerContext,
  { consumer }: ConsumerDeps<E>,
): Promise<{ readonly event: E } | { readonly result: HandleResult }> {
  try {
    return { event: await consumer.decode(record) }
  } catch (error) {
    const unreadable = error instanceof PipelineError && error.disposition === 'quarantine'
    if (consumer.handleUndecodable === undefined || !unreadable) throw error
    return { result: await consumer.handleUndecodable(record, context) }
  }
}

async function waitFor<E extends object>(dependency: string, signal: AbortSignal, deps: ConsumerDeps<E>) {
  const labels = { group: deps.consumer.groupId, dependency }
  deps.metrics.set('murmuration_consumer_waiting', labels, 1)
  await deps.clock.delay(WAIT_MS, signal)
  deps.metrics.set('murmuration_consumer_waiting', labels, 0)
}
