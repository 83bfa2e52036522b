import { describe, expect, it } from 'vitest'
import { toEvents } from './to-events.ts'
import { channels, context, parsed } from './webhook.fixture.ts'

const message = { id: 'm-1', sender: { contact: { id: 'c-1' } }, body: { type: 'text', text: { text: 'Hi' } } }

function outline(webhook: Parameters<typeof toEvents>[0]): string[] {
  return toEvents(webhook, context).map(({ record, key, event }) => `${record} ${event.type} ${key}`)
}

describe('toEvents', () => {
  it('makes one message of an inbound webhook, and no status', () => {
    expect(outline(channels('whatsapp.inbound', { ...message, status: 'delivered' }))).toEqual([
      'message message.inbound c-1',
    ])
  })

  it('makes a message and a status of an outbound webhook with content', () => {
    const sent = { ...message, receiver: { contacts: [{ id: 'c-2' }] }, status: 'accepted' }
    expect(outline(channels('whatsapp.outbound', sent))).toEqual([
      'message message.outbound c-2',
      'message-status message.status m-1',
    ])
  })

  it('makes a status alone of an outbound webhook without content, and a message alone without a status', () => {
    expect(outline(channels('sms.outbound', { id: 'm-1', status: 'delivered' }))).toEqual([
      'message-status message.status m-1',
    ])
    expect(outline(channels('sms.outbound', message))).toEqual(['message message.outbound m-1'])
  })

  it('has a message of an outbound body of another shape too, as of an inbound one', () => {
    for (const body of ['Hi', [1]]) {
      const [first] = toEvents(channels('sms.outbound', { id: 'm-1', status: 'sent', body }), context)
      expect(first).toMatchObject({ record: 'message', event: { unmappedBody: JSON.stringify(body) } })
    }
  })

  it('keys an interaction by its message', () => {
    expect(outline(channels('whatsapp.interaction', { id: 'i-1', type: 'read', messageId: 'm-1' }))).toEqual([
      'message-status message.interaction m-1',
    ])
  })

  it('takes any platform, also one with blanks in its name or one that is new', () => {
    for (const platform of ['apple business chat', 'line', 'carrierpigeon']) {
      expect(toEvents(channels(`${platform}.inbound`, message), context)[0]?.event).toMatchObject({ platform })
    }
  })

  it.each(['conversation.created', 'conversation.updated', 'conversation.deleted'])('maps %s', (event) => {
    expect(outline(parsed({ service: 'conversations', event, payload: { id: 'cv-1' } }))).toEqual([
      `conversation ${event} cv-1`,
    ])
  })

  it.each([
    ['channels', 'channel.created', { id: 'p-1' }],
    ['channels', 'voice.inbound', { id: 'p-1', body: {} }],
    ['channels', 'voice.interaction', { id: 'p-1', type: 'read', messageId: 'm' }],
    ['channels', 'inbound', { id: 'p-1' }],
    ['channels', '.inbound', { id: 'p-1' }],
    ['channels', 'whatsapp.inbound.draft', { id: 'p-1' }],
    ['channels', 'whatsapp.outbound', { id: 'p-1' }],
    ['channels', 'whatsapp.interaction', { id: 'p-1', type: 'read' }],
    ['conversations', 'conversation.archived', { id: 'p-1' }],
    ['conversations', 'constructor', { id: 'p-1' }],
    ['numbers', 'whatsapp.inbound', { id: 'p-1' }],
    ['payments', 'payment.created', { id: 'p-1' }],
    ['', 'whatsapp.inbound', { id: 'p-1' }],
  ])('passes %s %s on as a platform event', (service, event, payload) => {
    expect(outline(parsed({ service, event, payload }))).toEqual(['platform-event platform.event p-1'])
  })

  it.each([
    ['channels', 'whatsapp.inbound', { ...message, id: 7 }],
    ['channels', 'whatsapp.inbound', 'text'],
    ['channels', 'whatsapp.outbound', { ...message, id: '' }],
    ['conversations', 'conversation.updated', { status: 'active' }],
  ])('loses nothing of %s %s without an id', (service, event, payload) => {
    const body = { service, event, payload }
    const [only, ...rest] = toEvents(parsed(body), context)
    expect(rest).toEqual([])
    expect(only).toMatchObject({ record: 'platform-event', key: only?.event.eventId })
    expect(only?.record === 'platform-event' && JSON.parse(only.event.payload)).toEqual(body)
  })

  it("derives the same ids and keys for a redelivery and for another subscription's copy", () => {
    const bodies = [
      channels('whatsapp.inbound', message),
      channels('whatsapp.outbound', { ...message, status: 'sent', lastStatusAt: '2025-12-13T09:30:05.000Z' }),
      parsed({ service: 'conversations', event: 'conversation.updated', payload: { id: 'cv-1' } }),
      parsed({ service: 'numbers', event: 'x', payload: {} }),
    ]
    const again = { ...context, source: 'second', receivedAtMs: context.receivedAtMs + 9_000_000, rawRef: 'raw-2' }
    const idsOf = (webhook: (typeof bodies)[number], given: typeof context) =>
      toEvents(webhook, given).map(({ key, event }) => [key, event.eventId, event.contentHash])
    for (const webhook of bodies) expect(idsOf(webhook, again)).toEqual(idsOf(webhook, context))
  })

  it('never keys a record by the phone number', () => {
    const contact = { identifierKey: 'phonenumber', identifierValue: '+310000000000' }
    const payload = { ...message, sender: { contact }, receiver: { contacts: [contact] }, status: 'sent' }
    for (const event of ['whatsapp.inbound', 'whatsapp.outbound', 'whatsapp.interaction']) {
      for (const { key } of toEvents(channels(event, payload), context)) expect(key).not.toContain('310000')
    }
  })
})
