import { describe, expect, it } from 'vitest'
import { describeUnmapped } from './describe-unmapped.ts'
import { parseWebhook } from './parse-webhook.ts'
import { toEvents } from './to-events.ts'
import { callback, channels, context, parsed } from './webhook.fixture.ts'

const text = { type: 'text', text: { text: 'Hi' } }

function unmappedOf(webhook: ReturnType<typeof parsed>): readonly string[] {
  return describeUnmapped(webhook, toEvents(webhook, context))
}

describe('describeUnmapped', () => {
  it.each([
    ['a message', channels('whatsapp.inbound', { id: 'm', body: text })],
    [
      'a time that its sender has not set',
      channels('sms.inbound', { id: 'm', body: text, createdAt: '0001-01-01T00:00:00Z' }),
    ],
    [
      'what has no bounds by design',
      channels('sms.inbound', { id: 'm', body: text, meta: { extraInformation: { x: 1 } } }),
    ],
    ['a message and its status', channels('whatsapp.outbound', { id: 'm', status: 'sent', body: text })],
    ['an interaction', channels('whatsapp.interaction', { type: 'read', messageId: 'm' })],
    ['a conversation', parsed({ service: 'conversations', event: 'conversation.created', payload: { id: 'c' } })],
    ['a channel, which passes whole by design', channels('channel.created', { id: 'c' })],
    ['a call, which does too', channels('voice.inbound', { id: 'c' })],
    ['a legacy callback, which does too', parseWebhook(callback('id=1'))],
    ['a text of the new platform', received({ text: { body: 'Hi' } })],
  ])('says nothing of %s', (_case, webhook) => {
    expect(unmappedOf(webhook)).toEqual([])
  })

  it.each([
    ['service', 'an undocumented service', parsed({ service: 'contacts', event: 'contact.created', payload: {} })],
    ['service', 'no service', parsed({ event: 'message.created', payload: {} })],
    ['service', 'an empty object', parsed('{}')],
    ['event', 'a service without published events', parsed({ service: 'payments', event: 'payment.created' })],
    ['event', 'an undocumented event', channels('whatsapp.typing', { id: 'm' })],
    [
      'event',
      'an undocumented conversation event',
      parsed({ service: 'conversations', event: 'conversation.archived' }),
    ],
    ['event', 'an event of the new platform', parsed({ type: 'email.delivered', data: { email_id: 'e' } })],
    ['event', 'a legacy body', parsed({ type: 'message.created', message: {} })],
    ['body-type', 'a body of a type of no list', channels('whatsapp.inbound', { id: 'm', body: { type: 'hologram' } })],
    ['body-type', "the new platform's image", received({ image: { url: 'u' } })],
    ['field-shape', 'a message without id', channels('whatsapp.inbound', { body: text })],
    ['field-shape', 'an interaction without message', channels('whatsapp.interaction', { type: 'read' })],
    [
      'field-shape',
      'a file without URL',
      channels('sms.inbound', { id: 'm', body: { type: 'file', file: { files: [{}] } } }),
    ],
    ['field-shape', 'a body without type', channels('sms.inbound', { id: 'm', body: { text: { text: 'Hi' } } })],
    ['field-shape', 'a received message without id', parsed({ type: 'whatsapp.received', data: {} })],
    ['platform', 'a message on a platform of no list', channels('carrierpigeon.inbound', { id: 'm', body: text })],
    ['status', 'a status of no list', channels('sms.outbound', { id: 'm', status: 'teleported' })],
    ['status', 'an interaction of no list', channels('sms.interaction', { type: 'sniffed', messageId: 'm' })],
    ['field-shape', 'a time of another form', channels('sms.inbound', { id: 'm', body: text, createdAt: 'today' })],
    ['field-shape', 'a status at such a time', channels('sms.outbound', { id: 'm', status: 'sent', lastStatusAt: 1 })],
    ['field-shape', 'a conversation at such a time', conversation({ updatedAt: 'today' })],
    [
      'field-shape',
      'a failure without a number',
      channels('sms.outbound', { id: 'm', status: 'sent', failure: { code: 'E5' } }),
    ],
    [
      'status',
      'a status of no list of an inbound message',
      channels('sms.inbound', { id: 'm', body: text, status: 'gone' }),
    ],
    ['field-shape', 'a failure whose code is an object', failed({ code: { v: 1 } })],
    ['field-shape', 'a failure whose code has a fraction', failed({ code: 1.5 })],
    ['field-shape', "a failing party's code with a fraction", failed({ source: { name: 'x', code: 1.5 } })],
    ['field-shape', 'a failure that is but a text', failed('late')],
    [
      'field-shape',
      'a status that is an object',
      channels('sms.outbound', { id: 'm', body: text, status: { code: 1 } }),
    ],
    [
      'field-shape',
      'an object in place of a value',
      channels('sms.inbound', { id: 'm', body: text, reason: { a: 1 } }),
    ],
    ['field-shape', 'a value in place of an object', channels('sms.inbound', { id: 'm', body: text, sender: 'me' })],
    ['field-shape', 'an object in place of a list', conversation({ featuredParticipants: { id: 'p' } })],
    [
      'field-shape',
      "a platform's time of another form",
      channels('sms.inbound', { id: 'm', body: text, meta: { extraInformation: { timestamp: '1'.repeat(16) } } }),
    ],
    [
      'field-shape',
      'a status whose update has such a time',
      channels('sms.outbound', { id: 'm', status: 'sent', updatedAt: 'today' }),
    ],
    ['field-shape', 'two texts', channels('sms.inbound', { id: 'm', body: { ...text, list: { text: 'Ho' } } })],
    [
      'field',
      'another field of a contact',
      channels('sms.inbound', { id: 'm', body: text, sender: { contact: { annotations: { x: 1 } } } }),
    ],
    [
      'field',
      'contacts where Bird names one',
      channels('sms.inbound', { id: 'm', body: text, sender: { contacts: [{ id: 'c' }] } }),
    ],
    ['field', 'another field of the envelope', parsed({ ...envelope, payload: { id: 'm', body: text }, tenant: 1 })],
    ['field', 'another field of a message', channels('sms.inbound', { id: 'm', body: text, mood: 'good' })],
    [
      'field',
      'another field called as every object has one',
      channels('sms.inbound', { id: 'm', body: text, constructor: 1 }),
    ],
    [
      'field',
      'another field deep in a message',
      channels('sms.inbound', { id: 'm', body: { ...text, text: { text: 'Hi', x: 1 } } }),
    ],
    ['field', 'another field in a list', channels('sms.inbound', { id: 'm', body: text, parts: [{}, { x: 1 }] })],
    [
      'field',
      'another field of an outbound message',
      channels('sms.outbound', { id: 'm', body: text, status: 'sent', x: 1 }),
    ],
    ['field', 'another field of a status', channels('sms.outbound', { id: 'm', status: 'sent', x: 1 })],
    ['field', 'another field of an interaction', channels('sms.interaction', { type: 'read', messageId: 'm', x: 1 })],
    ['field', 'another field of a conversation', conversation({ lastMessage: { x: 1 } })],
    [
      'field',
      'another field of the new platform',
      parsed({ type: 'whatsapp.received', x: 1, data: { whatsapp_id: 'm', text: { body: 'Hi' } } }),
    ],
    ['field-shape', 'a text with something beside it', received({ text: { body: 'Hi' }, context: {} })],
  ])('says %s of %s', (kind, _case, webhook) => {
    expect(unmappedOf(webhook)).toEqual([kind])
  })

  it('says several kinds of one webhook, each once', () => {
    const odd = { id: 'm', body: text, createdAt: 'today', status: 'gone', lastStatusAt: 'today', x: 1, y: 1 }
    expect(unmappedOf(channels('carrierpigeon.outbound', odd)).toSorted()).toEqual([
      'field',
      'field-shape',
      'platform',
      'status',
    ])
  })
})

function failed(failure: unknown): ReturnType<typeof parsed> {
  return channels('sms.outbound', { id: 'm', status: 'sending_failed', failure })
}

const envelope = { service: 'channels', event: 'sms.inbound' }

function conversation(fields: Record<string, unknown>): ReturnType<typeof parsed> {
  const payload = { id: 'c', ...fields }
  return parsed({ service: 'conversations', event: 'conversation.updated', payload })
}

function received(content: Record<string, unknown>): ReturnType<typeof parsed> {
  const from = { phone_number: '+14155550100' }
  return parsed({ type: 'whatsapp.received', data: { whatsapp_id: 'wam_1', from, ...content } })
}
