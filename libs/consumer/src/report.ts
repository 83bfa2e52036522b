import type { OutcomeEntry } from '@murmuration/schemas'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { SetAside } from './partition/partition-event.ts'
import type { Origin } from './set-aside.ts'
import type { WorkItem } from './work.ts'

/** How a record of the main topic was settled; `parked` is no end yet. */
export type HowSettled = 'handled' | 'parked' | 'discarded' | SetAside

/** Reports what became of an offset: outcome, metrics and one log line. */
export function report<E extends object>(item: WorkItem, how: HowSettled, origin: Origin, deps: ConsumerDeps<E>): void {
  const { consumer, clock, metrics, logger, outcomes } = deps
  const { partition } = origin
  const { payload } = item
  const nowMs = clock.now()
  const entry: OutcomeEntry = {
    ...placeOf(item, origin, deps),
    eventId: payload.eventId,
    ...kindOf(item, how),
    attempt: item.failures + (how === 'handled' ? 1 : 0),
    durationMs: Math.round(payload.durationMs),
    settledAt: nowMs,
  }
  // None is written for records of the pipeline's own topics, or audit-log would feed itself.
  const { topic } = origin
  if (!topic.startsWith('pipeline.')) outcomes.add(partition, entry)
  metrics.count('murmuration_consumer_records_total', { group: consumer.groupId, topic, outcome: entry.kind })
  if (payload.receivedAtMs !== null && how !== 'parked') {
    const seconds = Math.max(0, nowMs - payload.receivedAtMs) / 1_000
    metrics.observe('murmuration_consumer_end_to_end_seconds', { group: consumer.groupId }, seconds)
  }
  const { kind, reason, attempt, durationMs, eventId, offset } = entry
  // Each by name: this is said of every record, and a rest that is spread again costs more than the line's other fields.
  const group = consumer.groupId
  logger.info('settled', {
    group,
    partition,
    topic: entry.topic,
    offset,
    eventId,
    reason,
    attempt,
    durationMs,
    outcome: kind,
  })
}

/** The record's place in the main topic; in the retry topic, where its headers can't tell. */
function placeOf<E extends object>(
  item: WorkItem,
  origin: Origin,
  { consumer, names }: ConsumerDeps<E>,
): { readonly topic: string; readonly offset: number } {
  if (item.verdict !== 'unreadable') return { topic: origin.topic, offset: item.origin }
  return { topic: names.unprefixed(names.retry(origin.topic, consumer.groupId)), offset: item.offset }
}

function kindOf({ payload }: WorkItem, how: HowSettled): Pick<OutcomeEntry, 'kind' | 'reason'> {
  if (how === 'parked') return { kind: 'retry', reason: payload.errorCode ?? 'behind-parked' }
  if (how === 'discarded') return { kind: 'discarded', reason: 'operator' }
  if (how !== 'handled') return { kind: how.kind, reason: how.reason }
  const result = payload.result ?? { kind: 'done' }
  return { kind: result.kind, reason: result.kind === 'skip' ? result.reason : null }
}
