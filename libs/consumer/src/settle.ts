import { assertNever } from '@murmuration/errors'
import {
  type Delivery,
  type Headers,
  KafkaUnavailableError,
  type OutboundRecord,
  toMovedHeaders,
} from '@murmuration/kafka'
import type { OutcomeEntry, QuarantinedRecord } from '@murmuration/schemas'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { Settled } from './outcome.ts'

/** How long to wait before a dead letter is offered again to a Kafka that is away, ms. */
const REPEAT_MS = 1_000

/** What was done with the record until its end. */
export interface Attempts {
  readonly eventId: string | null
  readonly attempt: number
  /** Epoch ms; null when nothing failed. */
  readonly firstFailedAtMs: number | null
  /** Time in the handler, all attempts, ms. */
  readonly durationMs: number
  /** Epoch ms at which the ingress received the webhook, where known. */
  readonly receivedAtMs: number | null
}

/**
 * Carries an end out, in this order: what is set aside is acknowledged, then the offset is marked done, then the
 * outcome is reported, then the log line is written.
 *
 * @returns false when the assignment or the service ended before the record could be set aside: nothing was marked
 * @throws {KafkaRefusedError} the DLQ or quarantine can't be written: the consumer stops without a commit
 */
export async function settle<E extends object>(
  delivery: Delivery,
  outcome: Settled,
  attempts: Attempts,
  deps: ConsumerDeps<E>,
): Promise<boolean> {
  const aside = toSetAside(delivery, outcome, attempts, deps)
  if (aside !== undefined && !(await publishUntilAcknowledged(aside, delivery.signal, deps))) return false
  deps.source.done(delivery)
  report(delivery, outcome, attempts, deps)
  return true
}

function toSetAside<E extends object>(
  { record }: Delivery,
  outcome: Settled,
  attempts: Attempts,
  { consumer, names, clock }: ConsumerDeps<E>,
): OutboundRecord | undefined {
  if (outcome.kind === 'done' || outcome.kind === 'skip') return undefined
  const origin = names.unprefixed(record.topic)
  const headers: Headers = toMovedHeaders(record, {
    group: consumer.groupId,
    handler: consumer.handler,
    errorCode: outcome.reason,
    attempt: attempts.attempt,
    firstFailedAtMs: attempts.firstFailedAtMs ?? clock.now(),
  })
  switch (outcome.kind) {
    case 'dead-letter': {
      const { partition, key, value } = record
      return { kind: 'moved', topic: names.deadLetter(origin, consumer.groupId), partition, key, value, headers }
    }
    case 'quarantine': {
      const event: QuarantinedRecord = {
        eventId: `${consumer.groupId}:${origin}:${record.partition}:${record.offset}`,
        type: 'quarantine.record',
        workspaceId: null,
        source: null,
        reason: outcome.reason,
        quarantinedAt: clock.now(),
        rawRef: null,
        group: consumer.groupId,
        originTopic: origin,
        originPartition: record.partition,
        originOffset: Number(record.offset),
        key: record.key,
        body: record.value ?? Buffer.alloc(0),
      }
      return { kind: 'event', record: 'quarantined-record', key: null, event, headers }
    }
    default:
      return assertNever(outcome)
  }
}

async function publishUntilAcknowledged<E extends object>(
  aside: OutboundRecord,
  signal: AbortSignal,
  deps: ConsumerDeps<E>,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await deps.publisher.publish([aside])
      return true
    } catch (error) {
      if (!(error instanceof KafkaUnavailableError)) throw error
      deps.logger.warn('a record could not be set aside; it is tried again', { errorCode: error.code })
      await deps.clock.delay(REPEAT_MS, signal)
    }
  }
  return false
}

function report<E extends object>(delivery: Delivery, outcome: Settled, attempts: Attempts, deps: ConsumerDeps<E>) {
  const { consumer, clock, metrics, names } = deps
  const { partition, offset } = delivery.record
  const topic = names.unprefixed(delivery.record.topic)
  const reason = 'reason' in outcome ? outcome.reason : null
  const entry: OutcomeEntry = {
    topic,
    offset: Number(offset),
    eventId: attempts.eventId,
    kind: outcome.kind,
    reason,
    attempt: attempts.attempt,
    durationMs: Math.round(attempts.durationMs),
    settledAt: clock.now(),
  }
  // None is written for records of the pipeline's own topics, or audit-log would feed itself.
  if (!topic.startsWith('pipeline.')) deps.outcomes.add(partition, entry)
  metrics.count('murmuration_consumer_records_total', { group: consumer.groupId, topic, outcome: outcome.kind })
  if (attempts.receivedAtMs !== null) {
    const seconds = Math.max(0, clock.now() - attempts.receivedAtMs) / 1_000
    metrics.observe('murmuration_consumer_end_to_end_seconds', { group: consumer.groupId }, seconds)
  }
  const { kind, settledAt: _, ...facts } = entry
  deps.logger.info('settled', { group: consumer.groupId, partition, ...facts, outcome: kind })
}
