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
 * Each event is claimed in the duplicate window first. When all of them are duplicates, the webhook shares the outcome of what
 * it duplicates; then its raw record is published alone, unless its bytes are known too: what no typed field says stays in
 * no other place. When Kafka does not acknowledge, the claims are released. What was quarantined is a duplicate as a whole.
 * @throws what `Publisher.publish` throws
 */
export function publishWebhook(
  webhook: VerifiedWebhook,
  events: readonly BirdEvent[],
  context: PublishContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const bodyId = bodyIdOf(webhook, context)
  if (deps.window.isQuarantined(bodyId)) return Promise.resolve('duplicate')
  const claims = events.map(({ event }) => deps.window.claim(event.eventId, event.contentHash))
  const fresh = events.filter((_, at) => claims[at]?.kind !== 'duplicate')
  const records = events.map(({ record }) => record)
  const claimed = { claims, records, source: context.source, bodyId }
  return fresh.length === 0
    ? publishOtherBytes(claimed, () => [toRawRecord(webhook, events, context)], context, deps)
    : settleClaims(
        publishRecords(() => [toRawRecord(webhook, fresh, context), ...fresh.map(toEventRecord)], context, deps),
        claimed,
        deps,
      )
}

/** The raw record alone, once what the webhook duplicates has been published, should nobody have published these bytes. */
async function publishOtherBytes(
  claimed: Claimed,
  toRecords: () => readonly EventRecord[],
  context: PublishContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const { claims, bodyId } = claimed
  for (const claim of claims) if (claim.kind === 'duplicate') await claim.published
  countEvents(claimed, deps)
  const isKnown = claims.some((claim) => claim.kind === 'duplicate' && claim.cameIn(bodyId))
  return isKnown ? 'duplicate' : publishBody(bodyId, toRecords, context, deps)
}

/**
 * Publishes a webhook that nobody can read, or whose events their topics don't take, whole and once: its redeliveries are
 * duplicates by their bytes. Its events are not, since nobody knows which of them is in its topic.
 * @throws what `Publisher.publish` throws
 */
export async function publishUnreadable(
  webhook: VerifiedWebhook,
  reason: string,
  context: PublishContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const bodyId = bodyIdOf(webhook, context)
  const result = await publishBody(bodyId, () => toUnreadableRecords(webhook, reason, context), context, deps)
  deps.window.addQuarantined(bodyId)
  return result
}

/** What a webhook says, byte for byte: its body, and the query where that is signed. A workspace's own. */
function bodyIdOf({ bodyDigest, signedQuery }: VerifiedWebhook, { workspaceId }: PublishContext): string {
  return `${bodyDigest.slice(0, 32)} ${workspaceId} ${signedQuery ?? ''}`
}

/** Publishes records that no event is claimed for, unless a webhook with the same bytes has been published. */
async function publishBody(
  bodyId: string,
  toRecords: () => readonly EventRecord[],
  context: PublishContext,
  deps: PublishDeps,
): Promise<'accepted' | 'duplicate'> {
  const claim = deps.window.claimBody(bodyId)
  if (claim.kind === 'duplicate') {
    await claim.published
    return 'duplicate'
  }
  try {
    await publishRecords(toRecords, context, deps)
  } catch (error) {
    claim.release(error)
    throw error
  }
  claim.confirm()
  return 'accepted'
}

/** Rejects whatever goes wrong: a claim that nobody releases would let redeliveries wait for ever. */
function publishRecords(
  toRecords: () => readonly EventRecord[],
  { cameMs }: PublishContext,
  { publisher }: PublishDeps,
): Promise<unknown> {
  try {
    return publisher.publish(toRecords(), cameMs)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What is claimed for a webhook: its events. */
interface Claimed {
  readonly claims: readonly Claim[]
  readonly records: readonly string[]
  readonly source: string
  readonly bodyId: string
}

/**
 * Waits for Kafka. On its own, with little: what a webhook was parsed into is not kept for as long as Kafka takes, by
 * hundreds of them at a time.
 */
async function settleClaims(published: Promise<unknown>, claimed: Claimed, deps: PublishDeps): Promise<'accepted'> {
  const { claims, bodyId } = claimed
  try {
    await published
  } catch (error) {
    for (const claim of claims) if (claim.kind !== 'duplicate') claim.release(error)
    throw error
  }
  for (const claim of claims) if (claim.kind !== 'duplicate') claim.confirm(bodyId)
  for (const claim of claims) if (claim.kind === 'duplicate') await claim.published
  countEvents(claimed, deps)
  return 'accepted'
}

function countEvents({ claims, records, source }: Claimed, { metrics }: PublishDeps): void {
  records.forEach((record, at) => {
    const kind = claims[at]?.kind ?? 'new'
    const labels = { source, record, result: kind === 'new' ? 'published' : kind }
    metrics.count('murmuration_ingress_events_total', labels)
  })
}

function toEventRecord({ record, key, event }: BirdEvent): EventRecord {
  return { kind: 'event', record, key, event }
}
