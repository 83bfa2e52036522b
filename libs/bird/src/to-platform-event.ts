import type { PlatformEvent } from '@murmuration/schemas'
import { type EventContext, toContextFields } from './bird-event.ts'
import { hashContent } from './content-hash.ts'
import { toEventId } from './event-id.ts'
import type { ParsedWebhook } from './parse-webhook.ts'
import { type JsonObject, readObject, readText, readTimeMs } from './read-field.ts'

/**
 * Any webhook, whole: what we have no fields for is passed on as JSON text, exactly as sent. Works for every body, the
 * new platform's `{type, timestamp, data}` and legacy ones too; their `type` stands for the event name. A legacy
 * callback in the query is keyed by its `id`, so that the reports on one message stay in order.
 *
 * The new platform signs an id of its own with each webhook, the same for every redelivery: the event's id is made of it.
 * Elsewhere Bird names none, so the content's hash tells two apart.
 */
export function toPlatformEvent(parsed: ParsedWebhook, context: EventContext): PlatformEvent {
  const { body, service, text, verified } = parsed
  const event = parsed.event === '' ? (readText(body.type) ?? '') : parsed.event
  const ownId = readOwnId(parsed, event)
  const exact = holdsInexactNumber(text) ? text : null
  const contentHash = hashContent({ service, event, entityId: ownId, body, exact })
  const isNamed = verified.scheme === 'standard-webhooks' && verified.requestId !== null
  const idParts = isNamed ? ['webhook', verified.requestId] : ['platform', service, event, ownId, contentHash]
  return {
    eventId: toEventId(context.workspaceId, idParts),
    type: 'platform.event',
    ...toContextFields(context),
    occurredAt: readTime(parsed) ?? context.receivedAtMs,
    contentHash,
    service,
    event,
    entityId: ownId ?? readConversationId(body) ?? readConversationId(parsed.payload),
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
function readOwnId({ body, payload }: ParsedWebhook, event: string): string | null {
  const data = readObject(body.data)
  return readText(payload.id) ?? readText(data.id) ?? readText(data[`${event.split('.', 1)[0]}_id`])
}

/** Of a legacy body `{type, conversation, message}`: all that happens in a conversation stays in order by it. */
function readConversationId(holder: JsonObject): string | null {
  return readText(readObject(holder.conversation).id) ?? readText(readObject(holder.message).conversationId)
}

/**
 * Whether a number is written otherwise than JavaScript would write it: it may have lost digits in parsing (64-bit ids do). Two
 * bodies that differ only there are two events, so the text itself then takes part in the hash.
 */
function holdsInexactNumber(text: string): boolean {
  let isInexact = false
  parseWithSource(text, (_, value, { source }) => {
    if (typeof value === 'number' && String(value) !== source) isInexact = true
    return value
  })
  return isInexact
}

/** JSON.parse as of ES2026: it tells the reviver how a value is written. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown
