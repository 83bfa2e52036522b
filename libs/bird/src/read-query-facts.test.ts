import { describe, expect, it } from 'vitest'
import { parseWebhook } from './parse-webhook.ts'
import { readQueryFacts } from './read-query-facts.ts'
import { toEvents } from './to-events.ts'
import { callback, context, thrownBy } from './webhook.fixture.ts'

const report = 'id=57db52e0&recipient=31612345678&status=delivered&statusDatetime=2019-01-09T12%3A23%3A23%2B00%3A00'

describe('readQueryFacts', () => {
  it.each([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=1+2%20%2B', { a: '1 2 +' }],
    ['a=1&a=2&a=3&b', { a: ['1', '2', '3'], b: '' }],
    ['t=caf%C3%A9', { t: 'caf\u00e9' }],
    ['t=%FF', { t: '\ufffd' }],
    ['=', { '': '' }],
    ['', null],
    ['&&', null],
  ])('reads %j as %j', (query, facts) => {
    expect(readQueryFacts(query)).toEqual(facts)
  })

  it('lets a parameter called __proto__ reach no prototype', () => {
    const facts = readQueryFacts('__proto__=1&constructor=2')
    expect(Object.keys(facts ?? {})).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(facts)).toBe(Object.prototype)
  })
})

describe('a legacy callback without body', () => {
  it('becomes a platform event with its parameters, keyed by their id, at their time', () => {
    const parsed = parseWebhook(callback(report))
    expect(toEvents(parsed, context)).toMatchObject([
      {
        record: 'platform-event',
        key: '57db52e0',
        event: {
          service: 'messagebird',
          event: 'callback',
          entityId: '57db52e0',
          occurredAt: Date.UTC(2019, 0, 9, 12, 23, 23),
          payload: JSON.stringify(readQueryFacts(report)),
        },
      },
    ])
  })

  it('derives one id whatever the order of the parameters, and another for another status', () => {
    const idOf = (query: string) => toEvents(parseWebhook(callback(query)), context)[0]?.event.eventId
    expect(idOf(report.split('&').reverse().join('&'))).toBe(idOf(report))
    expect(idOf(report.replace('delivered', 'sent'))).not.toBe(idOf(report))
  })

  it('names its service itself: no parameter can pass for an event of Bird CRM', () => {
    const query = 'service=channels&event=whatsapp.inbound&payload=x&id=1'
    expect(parseWebhook(callback(query))).toMatchObject({ service: 'messagebird', event: 'callback' })
  })

  it('is read from its body where there is one, and is empty without a parameter', () => {
    expect(parseWebhook(callback('id=1', Buffer.from('{"id":"2"}')))).toMatchObject({ service: '', body: { id: '2' } })
    expect(thrownBy(() => parseWebhook(callback('')))).toMatchObject({ reason: 'empty' })
    expect(thrownBy(() => parseWebhook(callback('id=1', Buffer.from(' '))))).toMatchObject({ reason: 'invalid-json' })
  })
})
