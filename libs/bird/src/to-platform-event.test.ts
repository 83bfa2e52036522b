import { describe, expect, it } from 'vitest'
import { parseWebhook } from './parse-webhook.ts'
import { toPlatformEvent } from './to-platform-event.ts'
import { context, newPlatform, parsed } from './webhook.fixture.ts'

describe('toPlatformEvent', () => {
  it('passes the whole body on, exactly as sent', () => {
    const text = '{ "service":"numbers", "event":"number.ported", "payload":{"id":"n-1","big":12345678901234567890} }'
    const event = toPlatformEvent(parsed(text), context)
    expect(event).toMatchObject({ service: 'numbers', event: 'number.ported', entityId: 'n-1', payload: text })
    expect(event.eventId).toBe(`1:ws:platform:numbers:number.ported:n-1:${event.contentHash}`)
  })

  it('derives one id whatever the order of keys and the blanks', () => {
    const one = toPlatformEvent(parsed('{"service":"s","event":"e","payload":{"a":1,"b":[]}}'), context)
    const other = toPlatformEvent(parsed('{"payload":{"b":[ ],"a":1},"event":"e","service":"s"}'), context)
    expect(other.eventId).toBe(one.eventId)
  })

  it.each([
    ['9007199254740992', '9007199254740993'],
    ['0.12345678901234567890', '0.12345678901234567891'],
    ['1e-400', '0'],
    ['-0', '0'],
    ['1e400', '1e401'],
  ])('keeps bodies apart that differ only in digits that a number cannot hold: %s, %s', (a, b) => {
    const one = toPlatformEvent(parsed(`{"event":"e","payload":{"n":${a}}}`), context)
    const other = toPlatformEvent(parsed(`{"event":"e","payload":{"n":${b}}}`), context)
    expect(other.eventId).not.toBe(one.eventId)
  })

  it("reads the new platform's type, time and id", () => {
    const body = { type: 'email.delivered', timestamp: '2026-06-01T17:00:12Z', data: { email_id: 'em_1' } }
    expect(toPlatformEvent(parsed(body), context)).toMatchObject({
      service: '',
      event: 'email.delivered',
      entityId: 'em_1',
      occurredAt: 1_780_333_212_000,
    })
    expect(toPlatformEvent(parsed({ ...body, data: { id: 'd-1' } }), context).entityId).toBe('d-1')
  })

  it('names an event of the new platform by the id that is signed with it, whatever else two have in common', () => {
    const body = { type: 'email.opened', timestamp: '2026-06-01T17:00:12Z', data: { email_id: 'em_1' } }
    const [first, again, second] = ['msg_1', 'msg_1', 'msg_2'].map((id) => {
      return toPlatformEvent(parseWebhook(newPlatform(body, id)), context).eventId
    })
    expect([first, again]).toEqual(['1:ws:webhook:msg_1', '1:ws:webhook:msg_1'])
    expect(second).toBe('1:ws:webhook:msg_2')
  })

  it.each([
    ['its own id before all', { payload: { id: 'p', conversation: { id: 'c' } } }, 'p'],
    ["a legacy body's conversation", { type: 'message.created', conversation: { id: 'c' }, message: { id: 'm' } }, 'c'],
    ["a legacy message's conversation", { type: 'message.created', message: { id: 'm', conversationId: 'c' } }, 'c'],
    ['the same in an envelope', { event: 'message.created', payload: { message: { conversationId: 'c' } } }, 'c'],
    ['nothing', { type: 'message.created', message: { id: 'm' } }, null],
  ])('is about %s', (_, body, entityId) => {
    expect(toPlatformEvent(parsed(body), context).entityId).toBe(entityId)
  })

  it('takes an empty object', () => {
    expect(toPlatformEvent(parsed('{}'), context)).toMatchObject({
      service: '',
      event: '',
      entityId: null,
      payload: '{}',
    })
  })
})
