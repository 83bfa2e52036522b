import type { SampleIds, SampleMediaKind } from './sample-ids.ts'

/** A JSON body as Bird sends it. */
export type WebhookBody = Readonly<Record<string, unknown>>

interface InboundParts {
  readonly body: WebhookBody
  /** WhatsApp's own media kind in `extraInformation`; stickers carry none. */
  readonly mediaType?: string
  readonly replyTo?: WebhookBody
}

/** An inbound WhatsApp message from the sample's contact. */
export function inbound(ids: SampleIds, name: string, atMs: number, parts: InboundParts): WebhookBody {
  const at = new Date(atMs).toISOString()
  const media = parts.mediaType === undefined ? {} : { 'whatsapp.media.type': parts.mediaType }
  return {
    service: 'channels',
    event: 'whatsapp.inbound',
    payload: {
      id: ids.message(name),
      channelId: ids.channelId,
      sender: {
        contact: {
          id: ids.contactId,
          identifierKey: 'phonenumber',
          identifierValue: '+200000000001',
          annotations: { name: 'ليلى Sample' },
        },
      },
      receiver: { connector: { id: ids.channelId, identifierValue: '+200000000000' } },
      body: parts.body,
      meta: { extraInformation: { timestamp: String(Math.floor(atMs / 1_000)), user_locale: 'ar-EG', ...media } },
      reference: '',
      ...(parts.replyTo === undefined ? {} : { replyTo: parts.replyTo }),
      parts: [{ platformReference: 'wamid.SAMPLE' }],
      status: 'delivered',
      reason: '',
      direction: 'incoming',
      lastStatusAt: at,
      createdAt: at,
      updatedAt: at,
    },
  }
}

/** A step in the life of an outbound WhatsApp message to the sample's contact. */
export function outbound(
  ids: SampleIds,
  name: string,
  times: { readonly createdAtMs: number; readonly statusAtMs: number },
  step: { readonly status: string; readonly text: string; readonly failure?: WebhookBody },
): WebhookBody {
  return {
    service: 'channels',
    event: 'whatsapp.outbound',
    payload: {
      id: ids.message(name),
      channelId: ids.channelId,
      sender: { connector: { id: ids.channelId, identifierValue: '+200000000000' } },
      receiver: {
        contacts: [{ id: ids.contactId, identifierKey: 'phonenumber', identifierValue: '+200000000001' }],
      },
      body: { type: 'text', text: { text: step.text } },
      reference: `order-${name}`,
      parts: [{ platformReference: 'wamid.SAMPLE' }],
      status: step.status,
      reason: '',
      direction: 'outgoing',
      lastStatusAt: new Date(times.statusAtMs).toISOString(),
      createdAt: new Date(times.createdAtMs).toISOString(),
      updatedAt: new Date(times.statusAtMs).toISOString(),
      ...step.failure,
    },
  }
}

/** The user has read a message. Bird sends it as an interaction, not as a status. */
export function readReceipt(ids: SampleIds, name: string, atMs: number): WebhookBody {
  const at = new Date(atMs).toISOString()
  return {
    service: 'channels',
    event: 'whatsapp.interaction',
    payload: {
      id: ids.message(`${name} read`),
      type: 'read',
      messageId: ids.message(name),
      channelId: ids.channelId,
      createdAt: at,
      updatedAt: at,
    },
  }
}

/** The conversation changed: an AI Employee has answered. */
export function conversationUpdated(ids: SampleIds, atMs: number): WebhookBody {
  return {
    service: 'conversations',
    event: 'conversation.updated',
    payload: {
      id: ids.conversationId,
      status: 'active',
      channelId: ids.channelId,
      featuredParticipants: [
        {
          id: ids.contactId,
          type: 'contact',
          status: 'active',
          displayName: 'ليلى Sample',
          contact: { identifierKey: 'phonenumber', identifierValue: '+200000000001' },
        },
        { id: ids.message('bot'), type: 'bot', status: 'active', displayName: 'AI Employee' },
      ],
      lastMessage: {
        id: ids.message('answer'),
        type: 'text',
        preview: { text: 'أهلاً! طلبك في الطريق 🚚' },
        sender: { type: 'bot' },
        status: 'delivered',
      },
      attributes: { llmbotIds: ids.message('bot') },
      updatedAt: new Date(atMs).toISOString(),
    },
  }
}

/** A file in a message's body, as Bird sends everything but images. */
export function fileBody(url: string, file: WebhookBody, caption?: string): WebhookBody {
  const text = caption === undefined ? {} : { text: caption }
  return { type: 'file', file: { ...text, files: [{ mediaUrl: url, ...file }] } }
}

/** Where a medium of the sample is served. */
export function mediaUrl(mediaHost: string, ids: SampleIds, kind: SampleMediaKind): string {
  return `${mediaHost}${ids.mediaPath(kind)}`
}
