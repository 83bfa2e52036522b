import type { BirdEvent, EventContext, VerifiedWebhook } from '@murmuration/bird'
import type { EventRecord, Publisher } from '@murmuration/kafka'
import type { Metrics } from '@murmuration/observability'
import type { Claim, DuplicateWindow } from './duplicate-window.ts'
import { toRawRecord, toUnreadableRecords } from './to-raw-records.ts'

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
 * Each event is claimed in the duplicate window first, and the webhook's bytes too. When all its events are duplicates but
 * its bytes are not, the raw record is published alone: what no typed field says stays in no other place. When the bytes are
 * known as well, nothing is published, and it shares the outcome of what it duplicates. When Kafka does not acknowledge, the
 * claims are released.
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
  const body = deps.window.claimBody(bodyIdOf(webhook, context))
  const isKnown = fresh.length === 0 && body.kind === 'duplicate'
  const published = isKnown
    ? undefined
    : publishRecords(
        () => [toRawRecord(webhook, fresh.length > 0 ? fresh : events, context), ...fresh.map(toEventRecord)],
        context,
        deps,
      )
  const records = events.map(({ record }) => record)
  return settleClaims(published, { claims, body, records, source: context.source }, deps)
}

/** Publishes a webhook that nobody can read, whole and once. @throws what `Publisher.publish` throws */
export function publishUnreadable(
  webhook: VerifiedWebhook,
  reason: string,
  context: PublishContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const body = deps.window.claimBody(bodyIdOf(webhook, context))
  const published =
    body.kind === 'duplicate'
      ? undefined
      : publishRecords(() => toUnreadableRecords(webhook, reason, context), context, deps)
  return settleClaims(published, { claims: [], body, records: [], source: context.source }, deps)
}

/** What a webhook says, byte for byte: its body, and the query where that is signed. A workspace's own. */
function bodyIdOf({ bodyDigest, signedQuery }: VerifiedWebhook, { workspaceId }: PublishContext): string {
  return `${bodyDigest} ${workspaceId} ${signedQuery ?? ''}`
}

/** Rejects whatever goes wrong: a claim that nobody releases would let redeliveries wait for ever. */
function publishRecords(
  toRecords: () => readonly EventRecord[],
  context: PublishContext,
  { publisher }: PublishDeps,
): Promise<unknown> {
  try {
    return publisher.publish(toRecords(), context.cameMs)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What is claimed for a webhook. */
interface Claimed {
  /** Of its events. */
  readonly claims: readonly Claim[]
  readonly body: Claim
  readonly records: readonly string[]
  readonly source: string
}

/**
 * Waits for Kafka. On its own, with little: what a webhook was parsed into is not kept for as long as Kafka takes, by
 * hundreds of them at a time.
 */
async function settleClaims(
  published: Promise<unknown> | undefined,
  { claims, body, records, source }: Claimed,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  try {
    await published
  } catch (error) {
    for (const claim of [body, ...claims]) if (claim.kind !== 'duplicate') claim.release(error)
    throw error
  }
  for (const claim of [body, ...claims]) if (claim.kind !== 'duplicate') claim.confirm()
  for (const claim of claims) if (claim.kind === 'duplicate') await claim.published
  for (const [at, { kind }] of claims.entries()) {
    const labels = { source, record: records[at] ?? '', result: kind === 'new' ? 'published' : kind }
    deps.metrics.count('murmuration_ingress_events_total', labels)
  }
  if (published !== undefined) return 'accepted'
  if (body.kind === 'duplicate') await body.published
  return 'duplicate'
}

function toEventRecord({ record, key, event }: BirdEvent): EventRecord {
  return { kind: 'event', record, key, event }
}
