import type { Message } from '@murmuration/schemas'
import type { EnvelopeField, EventContext } from './bird-event.ts'
import { type Contact, readContact, toContactKey } from './contact-key.ts'
import { canonicalJson, hashContent } from './content-hash.ts'
import { toEventId } from './event-id.ts'
import { readBody } from './read-body.ts'
import { type JsonObject, readList, readObject, readText, readTimeMs, readUnixSecondsMs } from './read-field.ts'

/** What Bird says of a message; the record key is ours and stays out, so that its secret can't change a hash. */
export type MessageContent = Omit<Message, EnvelopeField | 'contactKey' | 'keyBasis'>

const metaFields = ['order', 'referral', 'referredProduct'] as const
const INTERACTIVE_TYPE = 'whatsapp.interactive.type'

/**
 * The content of a message. An outbound message comes again with every status; all of them derive the same event id
 * and hash, so that it is published once.
 *
 * @param input.messageId `payload.id`
 * @param input.platform  the part of Bird's event name before the dot
 */
export function toMessage(
  payload: JsonObject,
  context: EventContext,
  input: { direction: 'inbound' | 'outbound'; messageId: string; platform: string },
): Message {
  const content = readContent(payload, { ...input, contact: readContact(payload, input.direction) })
  return wrapMessage(content, context, { direction: input.direction, occurredAtMs: readTimeMs(payload.createdAt) })
}

/** The envelope around a message's content: id, key, hash, and the time of receipt where there is none other. */
export function wrapMessage(
  content: MessageContent,
  context: EventContext,
  input: { direction: 'inbound' | 'outbound'; occurredAtMs: number | null },
): Message {
  const { workspaceId, contactKeySecret } = context
  const { contactId, contactName, identifierKey, identifierValue, messageId } = content
  const contact = { id: contactId, identifierKey, identifierValue, name: contactName }
  const isInbound = input.direction === 'inbound'
  const { contactKey, keyBasis } = toContactKey(contact, { workspaceId, messageId, secret: contactKeySecret })
  // The content first: to spread it behind other fields costs several times as much. So what follows is written out.
  return {
    ...content,
    contactKey,
    keyBasis,
    workspaceId,
    source: context.source,
    origin: context.origin,
    receivedAt: context.receivedAtMs,
    rawRef: context.rawRef,
    eventId: toEventId(workspaceId, ['message', messageId]),
    type: isInbound ? 'message.inbound' : 'message.outbound',
    occurredAt: input.occurredAtMs ?? context.receivedAtMs,
    contentHash: hashContent(isInbound ? content : withoutSendingFields(content)),
  }
}

function readContent(
  payload: JsonObject,
  input: { contact: Contact; messageId: string; platform: string },
): MessageContent {
  const { contact } = input
  const meta = readObject(payload.meta)
  const extra = readObject(meta.extraInformation)
  const replyTo = readObject(payload.replyTo)
  const body = readBody(payload.body, readText(extra['whatsapp.media.type']))
  // In the order of their names, so that it is hashed as it stands.
  return {
    actions: body.actions,
    bodyType: body.bodyType,
    channelId: readText(payload.channelId),
    contactId: contact.id,
    contactName: contact.name,
    conversationId: readText(payload.conversationId),
    identifierKey: contact.identifierKey,
    identifierValue: contact.identifierValue,
    locale: readText(extra.user_locale),
    location: body.location,
    media: body.media,
    messageId: input.messageId,
    meta: readMeta(meta, extra),
    platform: input.platform,
    platformAt: readUnixSecondsMs(extra.timestamp),
    platformReference: readText(readObject(readList(payload.parts)[0]).platformReference),
    reference: readText(payload.reference),
    replyToMessageId: readText(replyTo.id),
    replyToType: readText(replyTo.type),
    text: body.text,
    unmappedBody: body.unmappedBody,
  }
}

/** Fields that the platform fills in while it sends: with them each status would look like an edited message. */
function withoutSendingFields(content: MessageContent): MessageContent {
  return { ...content, platformReference: null, platformAt: null }
}

/** Order, ad referral and product as JSON with sorted keys, and the kind of an interactive reply; null without any. */
function readMeta(meta: JsonObject, extra: JsonObject): string | null {
  const kept: Record<string, unknown> = {}
  for (const field of metaFields) {
    const value = meta[field]
    if (value !== undefined && value !== null) kept[field] = value
  }
  const interactiveType = readText(extra[INTERACTIVE_TYPE]) ?? readText(meta[INTERACTIVE_TYPE])
  if (interactiveType !== null) kept[INTERACTIVE_TYPE] = interactiveType
  return Object.keys(kept).length === 0 ? null : canonicalJson(kept)
}
