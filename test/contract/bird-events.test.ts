import { readFileSync } from 'node:fs'
import { avroTypeOf } from '@murmuration/avro'
import {
  type BirdEvent,
  describeUnmapped,
  toEvents,
  unreadableReasons,
  WebhookUnreadableError,
} from '@murmuration/bird'
import { catalog } from '@murmuration/schemas'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goldenContext, payloadFiles, receive } from './bird-fixtures.ts'

const golden = JSON.parse(readFileSync(`${import.meta.dirname}/events.golden.json`, 'utf8'))
const payloads = payloadFiles().map(({ bytes }) => JSON.parse(bytes.toString('utf8')))
const whole = payloads.filter((body) => body.service !== undefined && body.payload !== undefined)

const services = fc.constantFrom('channels', 'conversations', 'numbers', '', 7)
const kinds = ['whatsapp.inbound', 'whatsapp.outbound', 'whatsapp.interaction', 'voice.inbound', 'channel.created', '.']
const names = fc.constantFrom(...kinds, 'conversation.created', 'conversation.updated', 'conversation.deleted', null)

function eventsOf(text: string): readonly BirdEvent[] {
  return toEvents(receive(Buffer.from(text)), goldenContext)
}

/** The Avro paths at which an event does not fit its schema, or does not survive being written and read. */
function misfits({ record, key, event }: BirdEvent): readonly string[] {
  const type = avroTypeOf(record)
  const paths: string[] = []
  type.isValid(event, { errorHook: (path) => paths.push(path.join('.')) })
  if (paths.length > 0) return paths
  expect(type.toString(type.fromBuffer(type.toBuffer(event)))).toBe(type.toString(event))
  return key.isWellFormed() && key !== '' ? [] : ['key']
}

describe('events of the fixtures', () => {
  it.each(payloadFiles())('$file: topics, keys, types and ids are frozen', ({ file, bytes }) => {
    const outline = toEvents(receive(bytes), goldenContext).map(({ record, key, event }) => {
      return { topic: catalog[record].topic, record, key, type: event.type, eventId: event.eventId }
    })
    expect(outline).toEqual(golden[file])
  })

  it('leave no golden row without its file', () => {
    expect(Object.keys(golden)).toEqual(payloadFiles().map(({ file }) => file))
  })

  it('fit their Avro schemas', () => {
    for (const body of payloads) expect(eventsOf(JSON.stringify(body)).flatMap(misfits)).toEqual([])
  })

  it('lose no user content to the unmapped body where the type is known', () => {
    for (const body of whole) {
      for (const { record, event } of eventsOf(JSON.stringify(body))) {
        if (record === 'message') expect(event.unmappedBody).toBeNull()
      }
    }
  })
})

describe('describeUnmapped', () => {
  it('says nothing of the whole webhooks that Bird is known to send', () => {
    for (const body of whole) {
      // What is POSTed to Bird to subscribe names a service and an event as well.
      if (body.eventFilters !== undefined) continue
      const parsed = receive(Buffer.from(JSON.stringify(body)))
      expect([body, describeUnmapped(parsed, toEvents(parsed, goldenContext))]).toEqual([body, []])
    }
  })
  it('says nothing of the messages of other sources, in an envelope', () => {
    const messages = payloads.filter((body) => body.service === undefined && body.direction !== undefined && body.body)
    expect(messages.length).toBeGreaterThan(3)
    for (const payload of messages) {
      const event = payload.direction === 'incoming' ? 'sms.inbound' : 'email.outbound'
      const parsed = receive(Buffer.from(JSON.stringify({ service: 'channels', event, payload })))
      expect([payload, describeUnmapped(parsed, toEvents(parsed, goldenContext))]).toEqual([
        payload,
        expect.not.arrayContaining(['field']),
      ])
    }
  })
})

describe('toEvents, over arbitrary JSON', () => {
  it('always gives an event, and each fits its schema', () => {
    const envelope = fc.record({ service: services, event: names, payload: fc.jsonValue({ maxDepth: 6 }) })
    const arm = fc.constantFrom('text', 'image', 'contact_cards', 'from', 'to', '', '__proto__', 'poll')
    const data = fc.dictionary(arm, fc.jsonValue({ maxDepth: 3 }))
    const received = fc.record({
      type: fc.constant('whatsapp.received'),
      timestamp: fc.jsonValue({ maxDepth: 0 }),
      data: fc.tuple(data, fc.oneof(fc.string(), fc.jsonValue())).map(([rest, id]) => ({ ...rest, whatsapp_id: id })),
    })
    const other = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 }))
    fc.assert(
      fc.property(fc.oneof(envelope, received, other), (body) => {
        const events = eventsOf(JSON.stringify(body))
        expect(events.length).toBeGreaterThan(0)
        expect(events.flatMap(misfits)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('does so for real payloads with any field replaced or removed', () => {
    const replacement = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('\ud800', '__proto__', -0, 1e308, 2 ** 53, '9'.repeat(40), 'a:b%\n', '', [], {}, null),
    )
    const edit = fc.record({ at: fc.nat(), value: fc.option(replacement, { nil: undefined }) })
    const input = fc.record({
      body: fc.constantFrom(...whole),
      event: fc.option(names, { nil: undefined }),
      edits: fc.array(edit, { minLength: 1, maxLength: 6 }),
    })
    fc.assert(
      fc.property(input, ({ body, event, edits }) => {
        const mutated = structuredClone(body)
        if (event !== undefined) mutated.event = event
        for (const { at, value } of edits) replaceNth(mutated, at, value)
        const events = eventsOf(JSON.stringify(mutated))
        expect(events.length).toBeGreaterThan(0)
        expect(events.flatMap(misfits)).toEqual([])
        expect(eventsOf(JSON.stringify(mutated))).toEqual(events)
      }),
      { numRuns: 1000 },
    )
  })

  it('loses no body whatever its bytes: it is an event that fits its schema, or has a reason for quarantine', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), what: fc.constantFrom('set', 'insert', 'cut') })
    const body = fc.oneof(fc.constantFrom(...payloadFiles().map(({ bytes }) => bytes)), fc.constant(Buffer.alloc(0)))
    fc.assert(
      fc.property(body, fc.array(edit, { maxLength: 5 }), (original, edits) => {
        const bytes = edits.reduce(applyEdit, original)
        try {
          const events = toEvents(receive(bytes), goldenContext)
          expect(events.length).toBeGreaterThan(0)
          expect(events.flatMap(misfits)).toEqual([])
        } catch (error) {
          if (!(error instanceof WebhookUnreadableError)) throw error
          expect(unreadableReasons).toContain(error.reason)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('takes numbers that only JSON text can hold', () => {
    const body =
      '{"service":"channels","event":"whatsapp.outbound","payload":{"id":"m","status":"s","failure":{"code":1e999}'
    const place = '"body":{"type":"location","location":{"coordinates":{"latitude":1e999,"longitude":-1e999}}}}}'
    expect(eventsOf(`${body},${place}`).flatMap(misfits)).toEqual([])
  })
})

function applyEdit(bytes: Buffer, edit: { at: number; byte: number; what: string }): Buffer {
  const at = edit.at % (bytes.length + 1)
  const rest = bytes.subarray(edit.what === 'insert' ? at : at + 1)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(edit.what === 'cut' ? [] : [edit.byte]), rest])
}

/** Replaces (or with undefined removes) the nth field below `payload`, counted over the whole tree. */
function replaceNth(body: { payload: unknown }, at: number, value: unknown): void {
  const places: { holder: Record<string, unknown>; key: string }[] = []
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return
    for (const [key, child] of Object.entries(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key })
      visit(child)
    }
  }
  visit(body.payload)
  const place = places[at % Math.max(places.length, 1)]
  if (place !== undefined) place.holder[place.key] = value
}
