import type { MessageStatus } from '@murmuration/schemas'
import { type EnvelopeField, type EventContext, toContextFields } from './bird-event.ts'
import { readContact } from './contact-key.ts'
import { hashContent } from './content-hash.ts'
import { type IdPart, toEventId } from './event-id.ts'
import { type JsonObject, readCode, readInt32Code, readObject, readText, readTimeMs } from './read-field.ts'

/** Its literals are in the order of their names, so that they are hashed as they stand. */
type StatusContent = Omit<MessageStatus, EnvelopeField>

/**
 * A step of an outbound message's life. Null where the payload names no status. Its id holds Bird's time as sent, so
 * that the same status twice in a life (a second attempt) is two facts.
 *
 * @param input.event     Bird's event name
 * @param input.messageId `payload.id`
 */
export function toStatus(
  payload: JsonObject,
  context: EventContext,
  input: { event: string; messageId: string; platform: string },
): MessageStatus | null {
  const status = readText(payload.status)
  if (status === null) return null
  const failure = readObject(payload.failure)
  const failureSource = readObject(failure.source)
  const content: StatusContent = {
    channelId: readText(payload.channelId),
    contactId: readContact(payload, 'outbound').id,
    direction: 'outbound',
    failureCode: readInt32Code(failure.code),
    failureSource: readText(failureSource.name) ?? readText(failure.source),
    failureSourceCode: readCode(failureSource.code),
    interactionId: null,
    messageId: input.messageId,
    platform: input.platform,
    reason: readText(payload.reason) ?? readText(payload.details),
    reference: readText(payload.reference),
    status,
  }
  return toEvent(content, context, {
    type: 'message.status',
    idParts: ['status', input.event, input.messageId, status, readCode(payload.lastStatusAt)],
    occurredAtMs: readTimeMs(payload.lastStatusAt) ?? readTimeMs(payload.updatedAt),
  })
}

/**
 * Something that the user did with a message, such as reading it; its status is the kind of interaction. Null where
 * the payload names no kind or no message.
 */
export function toInteraction(
  payload: JsonObject,
  context: EventContext,
  input: { event: string; platform: string },
): MessageStatus | null {
  const kind = readText(payload.type)
  const messageId = readText(payload.messageId)
  if (kind === null || messageId === null) return null
  const content: StatusContent = {
    channelId: readText(payload.channelId),
    contactId: readContact(payload, 'inbound').id ?? readContact(payload, 'outbound').id,
    // Bird does not say whose message it was.
    direction: 'unknown',
    failureCode: null,
    failureSource: null,
    failureSourceCode: null,
    interactionId: readText(payload.id),
    messageId,
    platform: input.platform,
    reason: readText(payload.reason),
    reference: readText(payload.reference),
    status: kind,
  }
  return toEvent(content, context, {
    type: 'message.interaction',
    idParts: ['interaction', input.event, kind, messageId, readCode(payload.createdAt)],
    occurredAtMs: readTimeMs(payload.createdAt),
  })
}

function toEvent(
  content: StatusContent,
  context: EventContext,
  input: { type: MessageStatus['type']; idParts: readonly IdPart[]; occurredAtMs: number | null },
): MessageStatus {
  return {
    ...content,
    ...toContextFields(context),
    eventId: toEventId(context.workspaceId, input.idParts),
    type: input.type,
    occurredAt: input.occurredAtMs ?? context.receivedAtMs,
    contentHash: hashContent(content),
  }
}
