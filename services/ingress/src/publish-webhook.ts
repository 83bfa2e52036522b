import type { BirdEvent, EventContext, VerifiedWebhook } from '@murmuration/bird'
import type { EventRecord, Publisher } from '@murmuration/kafka'
import type { Metrics } from '@murmuration/observability'
import type { DuplicateWindow, OpenClaim } from './duplicate-window.ts'
import { toRawRecord } from './to-raw-records.ts'

/** What the publish step works with. */
export interface PublishDeps {
  readonly publisher: Publisher
  readonly window: DuplicateWindow
  readonly metrics: Metrics
}

/**
 * Publishes a webhook's raw record and its new events in one acknowledged request.
 *
 * Each event is claimed in the duplicate window first; a webhook whose events are all duplicates publishes nothing, and
 * shares the outcome of the publish that it duplicates. When Kafka does not acknowledge, the claims are released.
 * @throws what `Publisher.publish` throws
 */
export async function publishWebhook(
  webhook: VerifiedWebhook,
  events: readonly BirdEvent[],
  context: EventContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const claimed = events.map((event) => ({
    event,
    claim: deps.window.claim(event.event.eventId, event.event.contentHash),
  }))
  const fresh: { readonly event: BirdEvent; readonly claim: OpenClaim }[] = []
  for (const { event, claim } of claimed) if (claim.kind !== 'duplicate') fresh.push({ event, claim })
  if (fresh.length > 0) {
    const published = fresh.map(({ event }) => event)
    try {
      await deps.publisher.publish([toRawRecord(webhook, published, context), ...published.map(toEventRecord)])
    } catch (error) {
      for (const { claim } of fresh) claim.release(error)
      throw error
    }
    for (const { claim } of fresh) claim.confirm()
  }
  if (fresh.length < claimed.length) {
    await Promise.all(claimed.map(({ claim }) => (claim.kind === 'duplicate' ? claim.published : undefined)))
  }
  for (const { event, claim } of claimed) {
    const result = claim.kind === 'new' ? 'published' : claim.kind
    deps.metrics.count('murmuration_ingress_events_total', { source: context.source, record: event.record, result })
  }
  return fresh.length > 0 ? 'accepted' : 'duplicate'
}

function toEventRecord({ record, key, event }: BirdEvent): EventRecord {
  return { kind: 'event', record, key, event }
}
