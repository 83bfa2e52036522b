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
    ['a message on a platform of no list', channels('carrierpigeon.inbound', { id: 'm', body: text })],
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
    ['field-shape', 'a text with something beside it', received({ text: { body: 'Hi' }, context: {} })],
  ])('says %s of %s', (kind, _case, webhook) => {
    expect(unmappedOf(webhook)).toEqual([kind])
  })
})

function received(content: Record<string, unknown>): ReturnType<typeof parsed> {
  const from = { phone_number: '+14155550100' }
  return parsed({ type: 'whatsapp.received', data: { whatsapp_id: 'wam_1', from, ...content } })
}
