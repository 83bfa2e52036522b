import { EventUnencodableError } from '@murmuration/avro'
import {
  describeUnmapped,
  parseWebhook,
  schemes,
  toEvents,
  type UnverifiedWebhook,
  type VerifiedWebhook,
  WebhookUnreadableError,
} from '@murmuration/bird'
import { errorLogFields } from '@murmuration/errors'
import { KafkaOverloadedError, KafkaRefusedError } from '@murmuration/kafka'
import type { Logger } from '@murmuration/observability'
import type { FindingCounter } from './finding-counter.ts'
import { type PublishContext, type PublishDeps, publishUnreadable, publishWebhook } from './publish-webhook.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { RefusalLog } from './refusal-log.ts'
import type { Source } from './sources.ts'

/** What the way of a webhook works with. */
export interface ReceiveDeps extends PublishDeps {
  readonly limiter: RateLimiter
  readonly contactKeySecret: string
  readonly logger: Logger
  readonly refusals: RefusalLog
  readonly findings: FindingCounter
  /** Epoch ms. */
  readonly now: () => number
  /** A new id for a raw record. */
  readonly newId: () => string
}

/** Where and when a webhook came. */
export interface Arrival {
  readonly source: Source
  /** When it had come whole, monotonic: Bird waits from then on, and so the deadline of its answer counts from then. */
  readonly cameMs: number
}

/** What Bird is told of an accepted webhook. */
export interface Receipt {
  readonly result: 'accepted' | 'duplicate' | 'unreadable'
  /** Id of the raw record; null of a duplicate, for which none was written. */
  readonly rawRef: string | null
  readonly eventIds: readonly string[]
}

/**
 * Awaited at the end of a stage: the other webhooks of the same turn of the event loop end it too before the next one
 * begins. A stage runs through more code than a CPU's caches hold, and so all of them have it loaded once (ADR 0015).
 */
const stageEnd = Promise.resolve()

/** One for all: it says the same of each, and a stack costs as much as the signature. */
const overloaded = new KafkaOverloadedError()

/**
 * Takes a webhook from its bytes to Kafka: verify, parse, map, publish. Resolves only when Kafka has acknowledged.
 *
 * Signed bytes that can't be read, or whose events Kafka's topics don't take, are kept whole, in the raw topic and in
 * quarantine, and are accepted: they are ours to repair, and a refusal would only be repeated for hours.
 * @throws {SignatureRejectedError} @throws {RateLimitedError}
 * @throws {KafkaUnavailableError} @throws {KafkaOverloadedError} @throws {KafkaRefusedError}
 */
export async function receiveWebhook(
  webhook: UnverifiedWebhook,
  { source, cameMs }: Arrival,
  deps: ReceiveDeps,
): Promise<Receipt> {
  const receivedAtMs = deps.now()
  const verified = verifyWebhook(webhook, source, receivedAtMs)
  countKeyUse(verified, source, receivedAtMs, deps)
  deps.limiter.take(source)
  // Before it is parsed: refusing must cost less than publishing.
  if (!deps.publisher.admits()) throw overloaded
  await stageEnd
  const context: PublishContext = {
    cameMs,
    workspaceId: source.workspaceId,
    source: source.name,
    origin: 'webhook',
    receivedAtMs,
    rawRef: deps.newId(),
    contactKeySecret: deps.contactKeySecret,
  }
  try {
    const { published, eventIds } = await mapAndPublish(verified, context, deps)
    const result = await published
    return { result, rawRef: result === 'duplicate' ? null : context.rawRef, eventIds }
  } catch (error) {
    const reason = unreadableReason(error)
    if (reason === undefined) throw error
    // A refused request may have written its raw record: this one says something else, so it is another one.
    const kept = reason === 'record-too-large' ? { ...context, rawRef: deps.newId() } : context
    const result = await publishUnreadable(verified, reason, kept, deps)
    if (result === 'duplicate') return { result, rawRef: null, eventIds: [] }
    deps.logger.error('a signed webhook went to quarantine', { rawRef: kept.rawRef, ...errorLogFields(error) })
    return { result: 'unreadable', rawRef: kept.rawRef, eventIds: [] }
  }
}

/** A webhook whose events are on their way to Kafka. */
interface Mapped {
  /** Settles as `publishWebhook` does. Whoever waits for it no longer holds what the webhook was parsed into. */
  readonly published: ReturnType<typeof publishWebhook>
  readonly eventIds: readonly string[]
}

/** @throws {WebhookUnreadableError} */
async function mapAndPublish(verified: VerifiedWebhook, context: PublishContext, deps: ReceiveDeps): Promise<Mapped> {
  const parsed = parseWebhook(verified)
  await stageEnd
  const events = toEvents(parsed, context)
  await stageEnd
  for (const what of describeUnmapped(parsed, events)) {
    deps.metrics.count('murmuration_ingress_unmapped_total', { source: context.source, what })
  }
  const eventIds = events.map(({ event }) => event.eventId)
  return { published: publishWebhook(verified, events, context, deps), eventIds }
}

/** Proves that Bird sent it, by the source's scheme. @throws {SignatureRejectedError} */
export function verifyWebhook(webhook: UnverifiedWebhook, source: Source, nowMs: number): VerifiedWebhook {
  const { signingKeys, maxAgeMs, clockSkewMs } = source
  return schemes[source.scheme].verify(webhook, { signingKeys, maxAgeMs, clockSkewMs, nowMs })
}

/** How often and when a key was last used, so that an old one can be retired without guessing. */
function countKeyUse(webhook: VerifiedWebhook, source: Source, nowMs: number, { metrics }: ReceiveDeps): void {
  const labels = { source: source.name, key_id: webhook.keyId }
  metrics.count('murmuration_ingress_signature_key_uses_total', labels)
  metrics.set('murmuration_ingress_signature_key_last_use_timestamp_seconds', labels, Math.floor(nowMs / 1_000))
}

function unreadableReason(error: unknown): string | undefined {
  if (error instanceof WebhookUnreadableError) return error.reason
  if (error instanceof EventUnencodableError) return 'unencodable'
  return error instanceof KafkaRefusedError && error.kafkaError.endsWith('_TOO_LARGE') ? 'record-too-large' : undefined
}
