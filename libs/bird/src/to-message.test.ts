import { describe, expect, it } from 'vitest'
import { toMessage } from './to-message.ts'
import { context } from './webhook.fixture.ts'

const inbound = { direction: 'inbound', messageId: 'm-1', platform: 'whatsapp' } as const
const outbound = { ...inbound, direction: 'outbound' } as const
const sender = {
  contact: { id: 'c-1', identifierKey: 'phonenumber', identifierValue: '+310000000000', annotations: { name: 'N' } },
}
const payload = {
  id: 'm-1',
  channelId: 'ch-1',
  sender,
  body: { type: 'text', text: { text: 'Hi' } },
  meta: { extraInformation: { timestamp: '1765617955', user_locale: 'es-CO' } },
  reference: '',
  replyTo: { id: 'm-0', type: 'click', order: 0 },
  parts: [{ platformReference: 'wamid.X' }],
  status: 'delivered',
  createdAt: '2025-12-13T09:25:25.107Z',
}

describe('toMessage', () => {
  it('maps an inbound message with everything around its body', () => {
    expect(toMessage(payload, context, inbound)).toEqual({
      eventId: '1:ws:message:m-1',
      type: 'message.inbound',
      workspaceId: 'ws',
      source: 'sample',
      origin: 'webhook',
      occurredAt: 1_765_617_925_107,
      receivedAt: context.receivedAtMs,
      rawRef: 'raw-1',
      contentHash: expect.stringMatching(/^[0-9a-f]{32}$/),
      contactKey: 'c-1',
      keyBasis: 'contact-id',
      contactId: 'c-1',
      identifierKey: 'phonenumber',
      identifierValue: '+310000000000',
      contactName: 'N',
      messageId: 'm-1',
      channelId: 'ch-1',
      conversationId: null,
      platform: 'whatsapp',
      bodyType: 'text',
      text: 'Hi',
      media: [],
      location: null,
      actions: [],
      replyToMessageId: 'm-0',
      replyToType: 'click',
      platformReference: 'wamid.X',
      platformAt: 1_765_617_955_000,
      reference: null,
      locale: 'es-CO',
      meta: null,
      unmappedBody: null,
    })
  })

  it('names the first receiver of an outbound message', () => {
    const sent = { ...payload, sender: {}, receiver: { contacts: [{ ...sender.contact, id: 'c-2' }, { id: 'c-3' }] } }
    expect(toMessage(sent, context, outbound)).toMatchObject({ contactId: 'c-2', contactKey: 'c-2', contactName: 'N' })
  })

  it('keeps order, referral and product, and the kind of an interactive reply', () => {
    const meta = {
      order: { products: [] },
      referral: { source: 'ad' },
      referredProduct: null,
      extraInformation: { 'whatsapp.interactive.type': 'list_reply' },
    }
    expect(toMessage({ ...payload, meta }, context, inbound).meta).toBe(
      '{"order":{"products":[]},"referral":{"source":"ad"},"whatsapp.interactive.type":"list_reply"}',
    )
  })

  it('hashes content only: not the envelope, the status, the order of keys, or our contact key', () => {
    const { contentHash } = toMessage(payload, context, inbound)
    const elsewhere = { ...context, source: 'b', receivedAtMs: 1, rawRef: 'raw-2', contactKeySecret: 'other' }
    const reordered = Object.fromEntries(Object.entries({ ...payload, status: 'read' }).reverse())
    expect(toMessage(reordered, elsewhere, inbound).contentHash).toBe(contentHash)
    const edited = { ...payload, body: { type: 'text', text: { text: 'Ho' } } }
    expect(toMessage(edited, context, inbound)).toMatchObject({ eventId: '1:ws:message:m-1' })
    expect(toMessage(edited, context, inbound).contentHash).not.toBe(contentHash)
  })

  it("hashes an outbound message alike before and after the platform's id is known", () => {
    const accepted = { ...payload, parts: [], meta: {}, status: 'accepted' }
    const sent = { ...accepted, parts: [{ platformReference: 'wamid.X' }], status: 'sent', lastStatusAt: 'later' }
    const before = toMessage(accepted, context, outbound)
    const after = toMessage(sent, context, outbound)
    expect([after.eventId, after.contentHash]).toEqual([before.eventId, before.contentHash])
    expect(after.platformReference).toBe('wamid.X')
  })

  it('takes the time of receipt where Bird names none', () => {
    expect(toMessage({ ...payload, createdAt: 'soon' }, context, inbound).occurredAt).toBe(context.receivedAtMs)
  })

  it('makes a lone surrogate writable everywhere, its key and id included', () => {
    const broken = JSON.parse(
      '{"id":"a\\ud800","sender":{"contact":{"identifierValue":"\\udc00"}},"body":{"type":"x\\ud800","y":"\\ud800"}}',
    )
    const message = toMessage(broken, context, { ...inbound, messageId: 'a\ufffd' })
    for (const value of Object.values(message)) expect(String(value).isWellFormed()).toBe(true)
    expect(message.eventId).toBe('1:ws:message:a%EF%BF%BD')
  })
})
