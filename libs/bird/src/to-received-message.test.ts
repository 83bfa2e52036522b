import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toReceivedMessage } from './to-received-message.ts'
import { context } from './webhook.fixture.ts'

const data = {
  whatsapp_id: 'wam_1',
  workspace_id: 'ws_1',
  direction: 'inbound',
  from: { phone_number: '+14155550100', display_name: 'Alex Rivera' },
  to: { phone_number: '+13124495569' },
}
const timestamp = '2026-07-16T12:00:00Z'

function received(content: Record<string, unknown>) {
  return toReceivedMessage({ type: 'whatsapp.received', timestamp, data: { ...data, ...content } }, context)
}

describe('toReceivedMessage', () => {
  it('maps a text', () => {
    const key = createHmac('sha256', context.contactKeySecret).update('ws\nphonenumber\n+14155550100').digest('hex')
    expect(received({ text: { body: 'Hi' } })).toEqual({
      eventId: '1:ws:message:wam_1',
      type: 'message.inbound',
      workspaceId: 'ws',
      source: 'sample',
      origin: 'webhook',
      occurredAt: Date.UTC(2026, 6, 16, 12),
      receivedAt: context.receivedAtMs,
      rawRef: 'raw-1',
      contentHash: expect.stringMatching(/^[0-9a-f]{32}$/),
      contactKey: key,
      keyBasis: 'identifier-hmac',
      contactId: null,
      identifierKey: 'phonenumber',
      identifierValue: '+14155550100',
      contactName: 'Alex Rivera',
      messageId: 'wam_1',
      channelId: null,
      conversationId: null,
      platform: 'whatsapp',
      bodyType: 'text',
      text: 'Hi',
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
    })
  })

  it.each(['image', 'video', 'audio', 'sticker', 'document', 'location', 'contact_cards', 'interactive_reply', 'poll'])(
    'passes %s whole, under its name',
    (arm) => {
      const content = { context: null, [arm]: { b: 1, a: ['x'] } }
      expect(received(content)).toMatchObject({
        bodyType: arm,
        text: null,
        unmappedBody: `{"${arm}":{"a":["x"],"b":1}}`,
      })
    },
  )

  it.each([
    ['what stands beside a text', { text: { body: 'Hi' }, context: { id: 'wam_0' } }, 'text', 'Hi'],
    ['what stands within a text', { text: { body: 'Hi', preview: true } }, 'text', 'Hi'],
    ['a text without words', { text: { body: 5 } }, 'text', null],
    ['a text of another shape', { text: 'Hi' }, 'none', null],
    ['known content before other', { context: {}, image: { url: 'u' } }, 'image', null],
    ['a list', { contact_cards: [{ name: 'x' }] }, 'contact_cards', null],
  ])('keeps %s', (_case, content, bodyType, text) => {
    expect(received(content)).toMatchObject({ bodyType, text })
    expect(JSON.parse(received(content)?.unmappedBody ?? '')).toEqual(content)
  })

  it('keeps who sent it where no phone number is named, and is keyed by its own id', () => {
    const from = { username: '@alex', display_name: 'Alex' }
    const message = received({ from, text: { body: 'Hi' } })
    expect(message).toMatchObject({
      contactKey: 'wam_1',
      keyBasis: 'message-id',
      identifierKey: null,
      contactName: 'Alex',
    })
    expect(JSON.parse(message?.unmappedBody ?? '')).toEqual({ from, text: { body: 'Hi' } })
    expect(received({ from: null })).toMatchObject({ bodyType: 'none', unmappedBody: null })
  })

  it.each([
    ['from', { phone_number: '+1', display_name: 'A', bsuid: 'US.1' }],
    ['to', { phone_number: '+1', username: '@shop' }],
  ])('keeps what no field takes of %s', (name, party) => {
    const content = { text: { body: 'Hi' }, [name]: party }
    expect(JSON.parse(received(content)?.unmappedBody ?? '')).toEqual(content)
  })

  it('takes the time of receipt where none is named, and gives null without an id', () => {
    expect(toReceivedMessage({ data }, context)?.occurredAt).toBe(context.receivedAtMs)
    for (const odd of [{}, { data: [] }, { data: { whatsapp_id: 7 } }])
      expect(toReceivedMessage(odd, context)).toBeNull()
  })
})
