import type { BirdEvent, EventContext, VerifiedWebhook } from '@murmuration/bird'
import type { EventRecord } from '@murmuration/kafka'
import { catalog, type QuarantinedRecord, type RawWebhook } from '@murmuration/schemas'

/** The raw record of a webhook whose events are known: keyed like the first of them. Pure. */
export function toRawRecord(
  webhook: VerifiedWebhook,
  events: readonly BirdEvent[],
  context: EventContext,
): EventRecord {
  const refs = events.map(({ record, event }) => ({
    topic: catalog[record].topic,
    eventId: event.eventId,
    type: event.type,
  }))
  const event = toRawWebhook(webhook, context, { parseResult: 'parsed', parseError: null, events: refs })
  return { kind: 'event', record: 'raw-webhook', key: events[0]?.key ?? null, event }
}

/** The records of a signed webhook that can't be read: its bytes in the raw topic and in quarantine. Pure. */
export function toUnreadableRecords(
  webhook: VerifiedWebhook,
  reason: string,
  context: EventContext,
): readonly EventRecord[] {
  const raw = toRawWebhook(webhook, context, { parseResult: 'unreadable', parseError: reason, events: [] })
  const quarantined: QuarantinedRecord = {
    eventId: context.rawRef,
    type: 'quarantine.webhook',
    workspaceId: context.workspaceId,
    source: context.source,
    reason,
    quarantinedAt: context.receivedAtMs,
    rawRef: context.rawRef,
    group: null,
    originTopic: null,
    originPartition: null,
    originOffset: null,
    key: null,
    body: webhook.rawBody,
  }
  return [
    { kind: 'event', record: 'raw-webhook', key: null, event: raw },
    { kind: 'event', record: 'quarantined-record', key: null, event: quarantined },
  ]
}

function toRawWebhook(
  webhook: VerifiedWebhook,
  context: EventContext,
  { parseResult, parseError, events }: Pick<RawWebhook, 'parseResult' | 'parseError' | 'events'>,
): RawWebhook {
  return {
    eventId: context.rawRef,
    type: 'webhook.received',
    workspaceId: context.workspaceId,
    source: context.source,
    origin: context.origin,
    occurredAt: webhook.signedAtMs ?? context.receivedAtMs,
    receivedAt: context.receivedAtMs,
    rawRef: context.rawRef,
    contentHash: webhook.bodyDigest.slice(0, 32),
    scheme: webhook.scheme,
    keyId: webhook.keyId,
    signedAt: webhook.signedAtMs,
    requestId: webhook.requestId,
    contentType: webhook.contentType,
    query: webhook.signedQuery,
    body: webhook.rawBody,
    parseResult,
    parseError,
    events,
  }
}
