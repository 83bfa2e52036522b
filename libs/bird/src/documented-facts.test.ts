import { describe, expect, it } from 'vitest'
import type { BirdEvent } from './bird-event.ts'
import { toEvents } from './to-events.ts'
import { channels, context, parsed } from './webhook.fixture.ts'

const contact = { id: 'c-1', identifierKey: 'phonenumber', identifierValue: '+310000000000' }
const text = { type: 'text', text: { text: 'Hi' } }

function inbound(payload: Record<string, unknown>, platform = 'whatsapp'): BirdEvent | undefined {
  return toEvents(
    channels(`${platform}.inbound`, { id: 'm-1', sender: { contact }, body: text, ...payload }),
    context,
  )[0]
}

function outbound(payload: Record<string, unknown>): readonly BirdEvent[] {
  return toEvents(channels('whatsapp.outbound', { id: 'm-1', ...payload }), context)
}

// What is known of Bird CRM, statement by statement, from the webhook to the event.
describe('what Bird documents', () => {
  it.each([
    'whatsapp',
    'sms',
    'email',
    'line',
    'instagram',
    'facebook',
    'viber',
    'linkedin',
    'tiktok',
    'apple business chat',
    'telegram',
    'rcs',
  ])('messages come from %s', (platform) => {
    expect(inbound({}, platform)).toMatchObject({ record: 'message', event: { platform, text: 'Hi' } })
  })

  it.each(['accepted', 'processing', 'sent', 'delivered', 'sending_failed', 'delivery_failed', 'one_of_tomorrow'])(
    'a message that we sent becomes %s',
    (status) => {
      expect(outbound({ status })).toMatchObject([{ record: 'message-status', key: 'm-1', event: { status } }])
    },
  )

  it('a failure says why, in words and by code and source', () => {
    const failure = { code: 15_005, source: { name: 'whatsapp', code: '131026' } }
    expect(outbound({ status: 'sending_failed', reason: 'r', failure })[0]?.event).toMatchObject({
      status: 'sending_failed',
      reason: 'r',
      failureCode: 15_005,
      failureSource: 'whatsapp',
      failureSourceCode: '131026',
    })
  })

  it('read is no status but an interaction with a message', () => {
    const payload = { id: 'i-1', type: 'read', messageId: 'm-1' }
    expect(toEvents(channels('whatsapp.interaction', payload), context)).toMatchObject([
      { record: 'message-status', key: 'm-1', event: { type: 'message.interaction', status: 'read' } },
    ])
  })

  it('an inbound message is delivered by arriving: its status is no event', () => {
    const payload = { id: 'm-1', sender: { contact }, body: text, status: 'delivered', direction: 'incoming' }
    expect(toEvents(channels('whatsapp.inbound', payload), context).map(({ record }) => record)).toEqual(['message'])
  })

  it('a button reply is a text with a postback, in answer to a click', () => {
    const postback = { text: 'Yes', payload: 'y' }
    const body = { type: 'text', text: { text: 'Yes', actions: [{ type: 'postback', postback }] } }
    expect(inbound({ body, replyTo: { id: 'm-0', type: 'click' } })?.event).toMatchObject({
      text: 'Yes',
      actions: [{ type: 'postback', text: 'Yes', payload: 'y' }],
      replyToMessageId: 'm-0',
      replyToType: 'click',
      unmappedBody: null,
    })
  })

  it.each(['text', 'list', 'interactive'])('a list reply may stand under %s', (arm) => {
    const body = {
      type: arm,
      [arm]: { text: 'One', actions: [{ type: 'postback', postback: { text: 'One', payload: '1' } }] },
    }
    const meta = { extraInformation: { 'whatsapp.interactive.type': 'list_reply' } }
    expect(inbound({ body, meta })?.event).toMatchObject({
      bodyType: arm,
      text: 'One',
      actions: [{ payload: '1' }],
      meta: '{"whatsapp.interactive.type":"list_reply"}',
      unmappedBody: null,
    })
  })

  it.each([
    ['video', 'video/mp4', {}, 'video'],
    ['audio', 'audio/ogg; codecs=opus', {}, 'audio'],
    ['document', 'application/pdf', { filename: 'a.pdf' }, 'document'],
    [undefined, 'image/webp', { metadata: { isAnimated: true } }, 'sticker'],
  ])('a %s is a file, with its caption as text', (mediaType, contentType, more, kind) => {
    const files = [{ mediaUrl: 'https://media.example/1', contentType, ...more }]
    const meta = { extraInformation: { 'whatsapp.media.type': mediaType, timestamp: '1765617896' } }
    expect(inbound({ body: { type: 'file', file: { text: 'Look', files } }, meta })?.event).toMatchObject({
      bodyType: 'file',
      text: 'Look',
      media: [{ url: 'https://media.example/1', kind, contentType }],
      platformAt: 1_765_617_896_000,
      unmappedBody: null,
    })
  })

  it('a location has coordinates and an address', () => {
    const location = {
      coordinates: { latitude: 4.711, longitude: -74.0721 },
      location: { address: 'Bogot\u00e1', label: 'Oficina' },
    }
    expect(inbound({ body: { type: 'location', location } })?.event).toMatchObject({
      location: { latitude: 4.711, longitude: -74.0721, address: 'Bogot\u00e1', label: 'Oficina' },
    })
  })

  it('an order, an ad referral and a product stand in meta', () => {
    const meta = {
      order: { products: [{ quantity: 1 }] },
      referral: { source: 'ad' },
      referredProduct: { externalProductId: 'p' },
    }
    const event = inbound({ meta })?.event as { meta?: string }
    expect(JSON.parse(event.meta ?? '')).toEqual(meta)
  })

  it.each(['whatsappbsuid', 'whatsappusername'])(
    'the phone number may be missing: %s, and the contact id is the key',
    (identifierKey) => {
      const sender = { contact: { id: 'c-1', identifierKey, identifierValue: 'US.1' } }
      expect(inbound({ sender })).toMatchObject({ key: 'c-1', event: { keyBasis: 'contact-id', identifierKey } })
    },
  )

  it('an AI employee is a participant of type bot, and named in llmbotIds', () => {
    const payload = {
      id: 'cv-1',
      featuredParticipants: [
        { type: 'contact', id: 'c-1' },
        { type: 'bot', displayName: 'multimodal' },
      ],
      attributes: { llmbotIds: 'b-1' },
      lastMessage: { sender: { type: 'bot' } },
    }
    const webhook = parsed({ service: 'conversations', event: 'conversation.updated', payload })
    expect(toEvents(webhook, context)[0]?.event).toMatchObject({
      contactId: 'c-1',
      botIds: ['b-1'],
      participants: [{ type: 'contact' }, { type: 'bot', id: null, displayName: 'multimodal' }],
      lastMessageSenderType: 'bot',
    })
  })
})

describe('the same fact', () => {
  const conversation = (payload: Record<string, unknown>) =>
    parsed({
      service: 'conversations',
      event: 'conversation.updated',
      payload: { id: 'cv-1', updatedAt: 'now', ...payload },
    })
  const receivedText = (body: string) =>
    parsed({ type: 'whatsapp.received', data: { whatsapp_id: 'wam_1', from: { phone_number: '+1' }, text: { body } } })
  const only = (webhook: ReturnType<typeof parsed>) => toEvents(webhook, context)[0]?.event

  it.each([
    [
      'a message',
      channels('sms.inbound', { id: 'm', body: text }),
      channels('sms.inbound', { id: 'm', body: { type: 'text', text: { text: 'Ho' } } }),
    ],
    [
      'a status',
      channels('sms.outbound', { id: 'm', status: 'sent' }),
      channels('sms.outbound', { id: 'm', status: 'sent', reason: 'r' }),
    ],
    ['a conversation', conversation({ status: 'active' }), conversation({ status: 'closed' })],
    ["the new platform's message", receivedText('Hi'), receivedText('Ho')],
  ])('with other content is a revision: %s', (_case, one, other) => {
    expect(only(other)?.eventId).toBe(only(one)?.eventId)
    expect(only(other)?.contentHash).not.toBe(only(one)?.contentHash)
  })

  it('has one id in each redelivery and in the copy of each subscription', () => {
    const copy = { ...context, source: 'second', receivedAtMs: 1, rawRef: 'raw-2' }
    for (const webhook of [receivedText('Hi'), conversation({}), channels('sms.inbound', { id: 'm', body: text })]) {
      const idsOf = (given: typeof context) =>
        toEvents(webhook, given).map(({ key, event }) => [key, event.eventId, event.contentHash])
      expect(idsOf(copy)).toEqual(idsOf(context))
    }
  })
})
