import type { Conversation } from '@murmuration/schemas'
import type { BirdEvent, EventContext } from './bird-event.ts'
import type { ParsedWebhook } from './parse-webhook.ts'
import { isAbsent, readText } from './read-field.ts'
import { toConversation } from './to-conversation.ts'
import { toMessage } from './to-message.ts'
import { toPlatformEvent } from './to-platform-event.ts'
import { toReceivedMessage } from './to-received-message.ts'
import { toInteraction, toStatus } from './to-status.ts'

/**
 * The events of a webhook, at least one. Pure and total: it throws for no JSON, and what it can't map, or what lacks
 * the id that the mapping needs, becomes a platform event with the whole body.
 */
export function toEvents(parsed: ParsedWebhook, context: EventContext): readonly BirdEvent[] {
  const mapped = findMapping(parsed)?.(parsed, context) ?? []
  if (mapped.length > 0) return mapped
  const event = toPlatformEvent(parsed, context)
  return [{ record: 'platform-event', key: event.entityId ?? event.eventId, event }]
}

/** A webhook's typed events; none where it lacks the id that they need. */
type Mapping = (parsed: ParsedWebhook, context: EventContext) => readonly BirdEvent[]

/** How the webhook's kind is mapped, by its service and event alone; null where it passes whole. */
export function findMapping(parsed: ParsedWebhook): Mapping | null {
  if (parsed.service === 'channels') return findChannelMapping(parsed.event)
  if (parsed.service === 'conversations') return isConversationType(parsed.event) ? mapConversationEvent : null
  const isNewPlatform = parsed.service === '' && parsed.event === ''
  return isNewPlatform && parsed.body.type === 'whatsapp.received' ? mapReceived : null
}

/** `<platform>.inbound|outbound|interaction`; voice calls are no messages. */
function findChannelMapping(event: string): Mapping | null {
  const dot = event.lastIndexOf('.')
  const platform = event.slice(0, Math.max(dot, 0))
  if (platform === '' || platform === 'voice') return null
  switch (event.slice(dot + 1)) {
    case 'inbound':
      return (parsed, context) => mapInbound(parsed, context, platform)
    case 'outbound':
      return (parsed, context) => mapOutbound(parsed, context, platform)
    case 'interaction':
      return (parsed, context) => mapInteraction(parsed, context, platform)
    default:
      return null
  }
}

/** The message alone: "delivered" on an inbound message says that Bird has it, which its arrival says too. */
function mapInbound(parsed: ParsedWebhook, context: EventContext, platform: string): readonly BirdEvent[] {
  const messageId = readText(parsed.payload.id)
  if (messageId === null) return []
  const event = toMessage(parsed.payload, context, { direction: 'inbound', messageId, platform })
  return [{ record: 'message', key: event.contactKey, event }]
}

/** The message where its body is there, and the status. */
function mapOutbound(parsed: ParsedWebhook, context: EventContext, platform: string): readonly BirdEvent[] {
  const { payload } = parsed
  const messageId = readText(payload.id)
  if (messageId === null) return []
  const events: BirdEvent[] = []
  if (!isAbsent(payload.body)) {
    const event = toMessage(payload, context, { direction: 'outbound', messageId, platform })
    events.push({ record: 'message', key: event.contactKey, event })
  }
  const status = toStatus(payload, context, { event: parsed.event, messageId, platform })
  if (status !== null) events.push({ record: 'message-status', key: messageId, event: status })
  return events
}

function mapInteraction(parsed: ParsedWebhook, context: EventContext, platform: string): readonly BirdEvent[] {
  const event = toInteraction(parsed.payload, context, { event: parsed.event, platform })
  return event === null ? [] : [{ record: 'message-status', key: event.messageId, event }]
}

function mapConversationEvent(parsed: ParsedWebhook, context: EventContext): readonly BirdEvent[] {
  const conversationId = readText(parsed.payload.id)
  if (conversationId === null || !isConversationType(parsed.event)) return []
  const event = toConversation(parsed.payload, context, { type: parsed.event, conversationId })
  return [{ record: 'conversation', key: conversationId, event }]
}

function mapReceived(parsed: ParsedWebhook, context: EventContext): readonly BirdEvent[] {
  const event = toReceivedMessage(parsed.body, context)
  return event === null ? [] : [{ record: 'message', key: event.contactKey, event }]
}

function isConversationType(event: string): event is Conversation['type'] {
  return event === 'conversation.created' || event === 'conversation.updated' || event === 'conversation.deleted'
}
