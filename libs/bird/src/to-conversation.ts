import type { Conversation, ConversationParticipant } from '@murmuration/schemas'
import { type EnvelopeField, type EventContext, toContextFields } from './bird-event.ts'
import { canonicalJson, hashContent } from './content-hash.ts'
import { type IdPart, toEventId } from './event-id.ts'
import { isAbsent, type JsonObject, readCode, readList, readObject, readText, readTimeMs } from './read-field.ts'

/** Separators of an id list in one string; Bird was seen to send a single id. */
const idSeparators = /[\s,;"[\]]+/

/**
 * The state of a conversation as Bird sent it. Its id names the last message, its status and the time of the update;
 * where a webhook has none of them, the content's hash keeps different updates apart.
 *
 * @param input.conversationId `payload.id`
 */
export function toConversation(
  payload: JsonObject,
  context: EventContext,
  input: { type: Conversation['type']; conversationId: string },
): Conversation {
  const content = readContent(payload, input.conversationId)
  const contentHash = hashContent(content)
  const updatedAt = readCode(payload.updatedAt)
  const { lastMessageId, lastMessageStatus } = content
  const isBare = lastMessageId === null && lastMessageStatus === null && updatedAt === null
  const state: readonly IdPart[] = [lastMessageId, lastMessageStatus, updatedAt, ...(isBare ? [contentHash] : [])]
  return {
    eventId: toEventId(context.workspaceId, ['conversation', input.type, input.conversationId, ...state]),
    type: input.type,
    ...toContextFields(context),
    occurredAt: readTimeMs(payload.updatedAt) ?? context.receivedAtMs,
    contentHash,
    ...content,
  }
}

function readContent(payload: JsonObject, conversationId: string): Omit<Conversation, EnvelopeField> {
  const participants = readList(payload.featuredParticipants).map(readParticipant)
  const lastMessage = readObject(payload.lastMessage)
  const attributes = payload.attributes
  return {
    attributes: isAbsent(attributes) ? null : canonicalJson(attributes),
    botIds: readBotIds(readObject(attributes).llmbotIds, participants),
    channelId: readText(payload.channelId),
    // The id of a participant of type contact is the contact's id, that of a bot the bot's (Bird: "Conversation
    // Participants").
    contactId: participants.find((one) => one.type === 'contact' && one.id !== null)?.id ?? null,
    conversationId,
    lastMessageId: readText(lastMessage.id),
    lastMessagePreview: readText(readObject(lastMessage.preview).text) ?? readText(lastMessage.preview),
    lastMessageSenderType: readText(readObject(lastMessage.sender).type),
    lastMessageStatus: readText(lastMessage.status),
    lastMessageType: readText(lastMessage.type),
    name: readText(payload.name),
    participants,
    status: readText(payload.status),
  }
}

function readParticipant(value: unknown): ConversationParticipant {
  const participant = readObject(value)
  const contact = readObject(participant.contact)
  return {
    displayName: readText(participant.displayName),
    id: readText(participant.id) ?? readText(contact.id),
    identifierKey: readText(contact.identifierKey),
    identifierValue: readText(contact.identifierValue),
    status: readText(participant.status),
    type: readText(participant.type),
  }
}

/** Ids of the AI Employees: those in `attributes.llmbotIds` (one string, or a list), then those that take part. */
function readBotIds(llmbotIds: unknown, participants: readonly ConversationParticipant[]): readonly string[] {
  const ids = new Set<string>()
  for (const entry of Array.isArray(llmbotIds) ? llmbotIds : [llmbotIds]) {
    for (const id of (readText(entry) ?? '').split(idSeparators)) ids.add(id)
  }
  for (const one of participants) if (one.type === 'bot' && one.id !== null) ids.add(one.id)
  ids.delete('')
  return [...ids]
}
