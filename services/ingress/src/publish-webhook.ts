import type { BirdEvent, EventContext, VerifiedWebhook } from '@murmuration/bird'
import type { EventRecord, Publisher } from '@murmuration/kafka'
import type { Metrics } from '@murmuration/observability'
import type { Claim, DuplicateWindow } from './duplicate-window.ts'
import { toRawRecord } from './to-raw-records.ts'

/** What the publish step works with. */
export interface PublishDeps {
  readonly publisher: Publisher
  readonly window: DuplicateWindow
  readonly metrics: Metrics
}

/** What is known of a webhook beside its bytes. */
export interface PublishContext extends EventContext {
  /** When it had come whole, monotonic, ms: its deadline counts from then. */
  readonly cameMs: number
}

/**
 * Publishes a webhook's raw record and its new events in one acknowledged request.
 *
 * Each event is claimed in the duplicate window first; a webhook whose events are all duplicates publishes nothing, and
 * shares the outcome of the publish that it duplicates. When Kafka does not acknowledge, the claims are released.
 * @throws what `Publisher.publish` throws
 */
export function publishWebhook(
  webhook: VerifiedWebhook,
  events: readonly BirdEvent[],
  context: PublishContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const claims = events.map(({ event }) => deps.window.claim(event.eventId, event.contentHash))
  const fresh = events.filter((_, at) => claims[at]?.kind !== 'duplicate')
  const published = fresh.length === 0 ? undefined : publishFresh(webhook, fresh, context, deps)
  const records = events.map(({ record }) => record)
  return settleClaims(published, { claims, records, source: context.source }, deps)
}

/** Rejects whatever goes wrong: a claim that nobody releases would let redeliveries wait for ever. */
function publishFresh(
  webhook: VerifiedWebhook,
  fresh: readonly BirdEvent[],
  context: PublishContext,
  { publisher }: PublishDeps,
): Promise<unknown> {
  try {
    return publisher.publish([toRawRecord(webhook, fresh, context), ...fresh.map(toEventRecord)], context.cameMs)
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * Waits for Kafka. On its own, with little: what a webhook was parsed into is not kept for as long as Kafka takes, by
 * hundreds of them at a time.
 */
async function settleClaims(
  published: Promise<unknown> | undefined,
  claimed: { readonly claims: readonly Claim[]; readonly records: readonly string[]; readonly source: string },
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const { claims, records, source } = claimed
  try {
    await published
  } catch (error) {
    for (const claim of claims) if (claim.kind !== 'duplicate') claim.release(error)
    throw error
  }
  for (const claim of claims) if (claim.kind !== 'duplicate') claim.confirm()
  for (const claim of claims) if (claim.kind === 'duplicate') await claim.published
  for (const [at, { kind }] of claims.entries()) {
    const labels = { source, record: records[at] ?? '', result: kind === 'new' ? 'published' : kind }
    deps.metrics.count('murmuration_ingress_events_total', labels)
  }
  return published === undefined ? 'duplicate' : 'accepted'
}

function toEventRecord({ record, key, event }: BirdEvent): EventRecord {
  return { kind: 'event', record, key, event }
}
