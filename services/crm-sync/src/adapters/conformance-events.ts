import type { Conversation, Message, MessageStatus } from '@murmuration/schemas'
import type { CrmEvent } from '../crm-adapter.ts'

/** Start of the made-up day, epoch milliseconds. */
const T0 = Date.UTC(2026, 0, 5, 9)

const WORKSPACE = 'w1'

/** A minute of the made-up day. */
export function minute(count: number): number {
  return T0 + count * 60_000
}

function envelope(eventId: string, occurredAt: number) {
  return {
    eventId,
    workspaceId: WORKSPACE,
    source: 'sample',
    origin: 'webhook',
    occurredAt,
    receivedAt: occurredAt + 900,
    rawRef: `raw-${eventId}`,
    contentHash: 'a',
  }
}

/** A message of contact c1, or of whom `fields` names. */
export function message(fields: Partial<Message> & Pick<Message, 'messageId' | 'occurredAt'>): Message {
  return {
    ...envelope(`1:${WORKSPACE}:message:${fields.messageId}`, fields.occurredAt),
    type: 'message.inbound',
    contactKey: 'c1',
    keyBasis: 'contact-id',
    contactId: 'c1',
    identifierKey: null,
    identifierValue: null,
    contactName: null,
    channelId: 'ch1',
    conversationId: null,
    platform: 'whatsapp',
    bodyType: 'text',
    text: null,
    media: [],
    location: null,
    actions: [],
    replyToMessageId: null,
    replyToType: null,
    platformReference: null,
    platformAt: null,
    reference: null,
    locale: null,
    meta: null,
    unmappedBody: null,
    ...fields,
  }
}

/** A status of a message; an interaction when `fields` says so. */
export function status(
  fields: Partial<MessageStatus> & Pick<MessageStatus, 'messageId' | 'status' | 'occurredAt'>,
): MessageStatus {
  return {
    ...envelope(`1:${WORKSPACE}:status:${fields.messageId}:${fields.status}:${fields.occurredAt}`, fields.occurredAt),
    type: 'message.status',
    channelId: 'ch1',
    contactId: 'c1',
    platform: 'whatsapp',
    direction: 'outbound',
    interactionId: null,
    reason: null,
    failureCode: null,
    failureSource: null,
    failureSourceCode: null,
    reference: null,
    ...fields,
  }
}

/** A state of a conversation. */
export function conversation(
  fields: Partial<Conversation> & Pick<Conversation, 'conversationId' | 'type' | 'occurredAt'>,
): Conversation {
  return {
    ...envelope(`1:${WORKSPACE}:${fields.type}:${fields.conversationId}:${fields.occurredAt}`, fields.occurredAt),
    contactId: 'c1',
    channelId: 'ch1',
    name: null,
    status: 'active',
    participants: [],
    botIds: [],
    lastMessageId: null,
    lastMessageType: null,
    lastMessageStatus: null,
    lastMessageSenderType: null,
    lastMessagePreview: null,
    attributes: null,
    ...fields,
  }
}

function file(url: string, kind: string) {
  return { url, kind, contentType: null, filename: null, animated: null }
}

const named = { identifierKey: 'phonenumber', identifierValue: '+570000000001', contactName: 'First Name' }

/** A busy day of few people: revisions, ties of the clock, failures beside successes, statuses without a message. */
export const busyDay: readonly CrmEvent[] = [
  message({ messageId: 'm1', occurredAt: minute(1), text: 'one', ...named }),
  message({ messageId: 'm1', occurredAt: minute(1), text: 'one, corrected', contentHash: 'b', ...named }),
  message({ messageId: 'm1', occurredAt: minute(2), text: 'one, edited later', contentHash: '9' }),
  message({ messageId: 'm2', occurredAt: minute(3), contactName: 'Second Name' }),
  message({ messageId: 'm3', occurredAt: minute(3), contactName: 'Tied Name', identifierValue: '+570000000002' }),
  message({ messageId: 'm4', occurredAt: minute(4), type: 'message.outbound', text: 'to c1' }),
  message({ messageId: 'm5', occurredAt: minute(5), type: 'message.outbound', contactKey: 'c2', ...named }),
  message({
    messageId: 'm6',
    occurredAt: minute(2),
    contactKey: 'c2',
    media: [file('u1', 'image'), file('u2', 'video')],
  }),
  message({ messageId: 'm6', occurredAt: minute(2), contactKey: 'c2', contentHash: 'b', media: [file('u3', 'image')] }),
  message({ messageId: 'm7', occurredAt: minute(6), contactKey: 'm7', keyBasis: 'message-id', contactId: null }),
  message({ messageId: 'm8', occurredAt: minute(7), contactKey: 'hmac', keyBasis: 'identifier-hmac', contactId: null }),
  status({ messageId: 'm4', status: 'accepted', occurredAt: minute(4) }),
  status({ messageId: 'm4', status: 'processing', occurredAt: minute(4) }),
  status({ messageId: 'm4', status: 'sent', occurredAt: minute(5) }),
  status({ messageId: 'm4', status: 'delivered', occurredAt: minute(6) }),
  status({ messageId: 'm4', status: 'read', occurredAt: minute(5), type: 'message.interaction' }),
  status({ messageId: 'm4', status: 'clicked', occurredAt: minute(9), type: 'message.interaction' }),
  status({ messageId: 'm5', status: 'sent', occurredAt: minute(6) }),
  status({ messageId: 'm5', status: 'delivered', occurredAt: minute(8) }),
  status({ messageId: 'm5', status: 'delivery_failed', occurredAt: minute(7), reason: 'first', failureCode: 1 }),
  status({ messageId: 'm5', status: 'delivery_failed', occurredAt: minute(7), reason: 'revised', contentHash: 'b' }),
  status({ messageId: 'm5', status: 'sending_failed', occurredAt: minute(7), reason: 'tied' }),
  status({ messageId: 'm5', status: 'read', occurredAt: minute(9), type: 'message.interaction' }),
  status({ messageId: 'nobody-knows', status: 'teleported', occurredAt: minute(1) }),
  status({ messageId: 'nobody-knows', status: 'accepted', occurredAt: minute(0) }),
  conversation({ conversationId: 'v1', type: 'conversation.created', occurredAt: minute(3), name: 'created' }),
  conversation({ conversationId: 'v1', type: 'conversation.updated', occurredAt: minute(1), name: 'before it' }),
  conversation({ conversationId: 'v1', type: 'conversation.updated', occurredAt: minute(2), name: 'newest' }),
  conversation({ conversationId: 'v2', type: 'conversation.created', occurredAt: minute(1), botIds: ['b1', 'b2'] }),
  conversation({ conversationId: 'v2', type: 'conversation.deleted', occurredAt: minute(2) }),
  conversation({ conversationId: 'v2', type: 'conversation.updated', occurredAt: minute(3), name: 'too late' }),
]
