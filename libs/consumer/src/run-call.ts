import { assertNever, errorCodeOf, errorLogFields, PipelineError } from '@murmuration/errors'
import { CallContext, type CallLife } from './call-life.ts'
import type { Consumer, ConsumerDeps } from './consumer-deps.ts'
import { LeaseLostError } from './consumer-errors.ts'
import { decideOutcome } from './decide-outcome.ts'
import type { HandleResult, HandlerContext } from './handler.ts'
import type { CallResult } from './partition/partition-event.ts'
import type { Origin } from './set-aside.ts'
import type { Work, WorkItem } from './work.ts'

/** A call that ended without an answer for the partition: the consumer stops. */
export interface StopResult {
  readonly kind: 'stop'
  readonly error: unknown
}

/** How a call ended, and what that says of what its handler depends on. */
export type CallEnd = (CallResult & { readonly kind: 'settled'; readonly heard: Heard }) | StopResult

/** `answer`: it is there, whatever it said; `nothing`: the call ended before anybody answered. */
export type Heard = 'answer' | 'nothing' | Down

/** What is down, and for whom: for the sink's calls, or for decoding this one record. */
export interface Down {
  readonly dependency: string
  readonly of: 'sink' | 'record'
}

/** Before a record that could not be decoded yet is tried again, ms. */
const HOLD_MS = 1_000

/** Where a call's records were first written to, and the call's own life. */
export interface CallScope {
  readonly origin: Origin
  readonly life: CallLife
}

/**
 * Decodes and handles the records of one call, and decides what becomes of the first one that has no result. Never throws:
 * every end is a value.
 */
export async function runCall<E extends object>(
  items: readonly WorkItem[],
  scope: CallScope,
  deps: ConsumerDeps<E>,
): Promise<CallEnd> {
  const { clock } = deps
  const startedMs = clock.now()
  const answered: Answered =
    items.length === 1 || deps.consumer.fold === undefined
      ? await handleOne(items[0] as WorkItem, scope, deps)
      : await handleFold(items, scope, deps)
  for (const { payload } of items) payload.durationMs += clock.now() - startedMs
  const failed = items[answered.done]
  if (failed === undefined || !('error' in answered)) return settled({ done: answered.done })
  // What a call throws that may not go on says less than why it may not.
  return decide(failed, { ...answered, error: scope.life.ended ?? answered.error }, scope, deps)
}

/** How many records have a result, and why the next one has none. */
interface Answered {
  readonly done: number
  readonly error?: unknown
  /** It was thrown before the handler was called. */
  readonly undecoded?: true
}

function settled(result: CallResult, heard: Heard = 'answer'): CallEnd {
  return { kind: 'settled', heard, ...result }
}

function decide<E extends object>(
  item: WorkItem,
  { done, error, undecoded }: Answered,
  scope: CallScope,
  deps: ConsumerDeps<E>,
): CallEnd {
  const { consumer, clock, metrics, logger } = deps
  const nowMs = clock.now()
  item.payload.errorCode = errorCodeOf(error)
  metrics.count('murmuration_consumer_errors_total', { group: consumer.groupId, code: errorCodeOf(error) })
  logger.warn('a try failed', {
    ...scope.origin,
    offset: String(item.origin),
    eventId: item.payload.eventId,
    attempt: item.failures + 1,
    ...errorLogFields(error),
  })
  const outcome = decideOutcome(error, {
    plan: consumer.plan,
    failures: item.failures,
    parked: item.source === 'retry',
    nowMs,
    firstFailedAtMs: item.firstFailedAtMs ?? nowMs,
    jitter: clock.random(),
  })
  const heard = scope.life.ended === undefined ? 'answer' : 'nothing'
  switch (outcome.kind) {
    case 'stop':
      return { kind: 'stop', error: outcome.error }
    case 'wait':
      // Nobody was asked, so it says nothing of the sink.
      if (error instanceof LeaseLostError) return settled({ done, failure: { kind: 'wait' } }, 'nothing')
      return undecoded === true
        ? settled({ done, failure: { kind: 'hold', dueAtMs: nowMs + HOLD_MS } }, { ...outcome, of: 'record' })
        : settled({ done, failure: { kind: 'wait' } }, { ...outcome, of: 'sink' })
    case 'again':
    case 'retry':
      return settled({ done, failure: { ...outcome, nowMs } }, heard)
    case 'dead-letter':
    case 'quarantine':
      return settled({ done, failure: outcome }, heard)
    case 'done':
    case 'skip':
      return settled({ done: done + 1 })
    default:
      return assertNever(outcome)
  }
}

async function handleOne<E extends object>(item: WorkItem, scope: CallScope, deps: ConsumerDeps<E>): Promise<Answered> {
  let event: Decoded<E>
  try {
    const decoding = decode(item, scope, deps)
    // An await for nothing would be paid for with every record.
    event = decoding instanceof Promise ? await decoding : decoding
  } catch (error) {
    return { done: 0, error, undecoded: true }
  }
  const startedMs = deps.clock.now()
  try {
    // Decoding may have taken long.
    scope.life.assertHeld()
    const context = new CallContext(item, scope.origin, scope.life)
    const handling = 'result' in event ? event.result(context) : deps.consumer.handleEvent(event.event, context)
    item.payload.result = await handling
    return { done: 1 }
  } catch (error) {
    return { done: 0, error }
  } finally {
    if ('event' in event) observeHandler(startedMs, scope, deps)
  }
}

async function handleFold<E extends object>(
  items: readonly WorkItem[],
  scope: CallScope,
  deps: ConsumerDeps<E>,
): Promise<Answered> {
  const events: E[] = []
  try {
    for (const item of items) {
      const decoded = await decode(item, scope, deps)
      if ('result' in decoded) break
      events.push(decoded.event)
    }
  } catch {
    // What can't be decoded ends the fold, and is met at the head of the next call.
  }
  if (events.length < 2) return handleOne(items[0] as WorkItem, scope, deps)
  const startedMs = deps.clock.now()
  try {
    scope.life.assertHeld()
    const contexts = items.slice(0, events.length).map((item) => new CallContext(item, scope.origin, scope.life))
    const fold = deps.consumer.fold
    if (fold === undefined) throw new TypeError('no fold')
    const { results, error } = await fold.handle(events, contexts)
    results.slice(0, events.length).forEach((result, index) => {
      ;(items[index] as WorkItem).payload.result = result
    })
    if (error !== undefined) return { done: results.length, error }
    return results.length > 0 ? { done: results.length } : { done: 0, error: new TypeError('the fold told no result') }
  } catch (error) {
    return { done: 0, error }
  } finally {
    observeHandler(startedMs, scope, deps)
  }
}

function observeHandler<E extends object>(startedMs: number, { origin }: CallScope, deps: ConsumerDeps<E>): void {
  const seconds = (deps.clock.now() - startedMs) / 1_000
  deps.metrics.observe(
    'murmuration_consumer_handler_seconds',
    { group: deps.consumer.groupId, topic: origin.topic },
    seconds,
  )
}

type Decoded<E> = { readonly event: E } | { readonly result: (context: HandlerContext) => Promise<HandleResult> }

/** At once where the schema is known, as it nearly always is. */
function decode<E extends object>(
  { payload }: WorkItem,
  { origin: { topic } }: CallScope,
  { consumer }: ConsumerDeps<E>,
): Decoded<E> | Promise<Decoded<E>> {
  const { value } = payload.record
  try {
    const event = consumer.decodeNow(topic, value)
    if (event !== undefined) return toDecoded(payload, event)
  } catch (error) {
    return toUndecodable(payload, error, consumer)
  }
  return consumer.decode(topic, value).then(
    (event) => toDecoded(payload, event),
    (error: unknown) => toUndecodable(payload, error, consumer),
  )
}

function toDecoded<E extends object>(payload: Work, event: E): Decoded<E> {
  if ('eventId' in event && typeof event.eventId === 'string') payload.eventId = event.eventId
  if ('receivedAt' in event && typeof event.receivedAt === 'number') payload.receivedAtMs = event.receivedAt
  return { event }
}

/** @throws the error, unless the consumer takes what nobody can read */
function toUndecodable<E extends object>(
  payload: Work,
  error: unknown,
  { handleUndecodable }: Consumer<E>,
): Decoded<E> {
  const unreadable = error instanceof PipelineError && error.disposition === 'quarantine'
  if (handleUndecodable === undefined || !unreadable) throw error
  return { result: (context) => handleUndecodable(payload.record, context) }
}
