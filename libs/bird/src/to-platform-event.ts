import type { PlatformEvent } from '@murmuration/schemas'
import { type EventContext, toContextFields } from './bird-event.ts'
import { hashContent } from './content-hash.ts'
import { toEventId } from './event-id.ts'
import type { ParsedWebhook } from './parse-webhook.ts'
import { readObject, readText, readTimeMs } from './read-field.ts'

/**
 * Any webhook, whole: what we have no fields for is passed on as JSON text, exactly as sent. Works for every body, the
 * new platform's `{type, timestamp, data}` and legacy ones too; their `type` stands for the event name. A legacy
 * callback in the query is keyed by its `id`, so that the reports on one message stay in order.
 */
export function toPlatformEvent(parsed: ParsedWebhook, context: EventContext): PlatformEvent {
  const { body, service, text } = parsed
  const event = parsed.event === '' ? (readText(body.type) ?? '') : parsed.event
  const entityId = readEntityId(parsed, event)
  const exact = holdsInexactNumber(body) ? text : null
  const contentHash = hashContent({ service, event, entityId, body, exact })
  return {
    eventId: toEventId(context.workspaceId, ['platform', service, event, entityId, contentHash]),
    type: 'platform.event',
    ...toContextFields(context),
    occurredAt: readTime(parsed) ?? context.receivedAtMs,
    contentHash,
    service,
    event,
    entityId,
    payload: text,
  }
}

/** Of the body; else of what it is about, as Bird CRM or a legacy report names it. */
function readTime({ body, payload }: ParsedWebhook): number | null {
  return (
    readTimeMs(body.timestamp) ??
    readTimeMs(payload.updatedAt) ??
    readTimeMs(payload.statusDatetime) ??
    readTimeMs(payload.createdDatetime)
  )
}

/** `payload.id`, else `data.id`, else the new platform's `data.<kind>_id`, e.g. `email_id` of `email.delivered`. */
function readEntityId({ body, payload }: ParsedWebhook, event: string): string | null {
  const data = readObject(body.data)
  return readText(payload.id) ?? readText(data.id) ?? readText(data[`${event.split('.', 1)[0]}_id`])
}

/**
 * Whether a number lost digits in parsing (64-bit ids do). Two bodies that differ only there are two events, so the
 * text itself then takes part in the hash.
 */
function holdsInexactNumber(value: unknown): boolean {
  if (typeof value === 'number') return !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(holdsInexactNumber)
}
