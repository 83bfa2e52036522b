import { type BirdEvent, parseWebhook, toEvents, type VerifiedWebhook } from '@murmuration/bird'
import { KafkaUnavailableError } from '@murmuration/kafka'
import { catalog, type RawWebhook } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'
import {
  context,
  createCountingMetrics,
  createFakePublisher,
  inboundMessage,
  unknownEvent,
  verified,
} from './ingress.fixture.ts'
import { publishUnreadable, publishWebhook } from './publish-webhook.ts'

function given() {
  const publisher = createFakePublisher()
  const window = createDuplicateWindow({ maxEvents: 100 })
  return { publisher, window, metrics: createCountingMetrics() }
}

function eventsOf(webhook: VerifiedWebhook): readonly BirdEvent[] {
  return toEvents(parseWebhook(webhook), context)
}

const webhook = verified(inboundMessage)
const events = eventsOf(webhook)
const otherBytes = verified(Buffer.concat([inboundMessage, Buffer.from(' ')]))
const otherEvents = eventsOf(verified(unknownEvent('other')))
const unavailable = new KafkaUnavailableError('no answer')

describe('publishWebhook', () => {
  it('publishes the raw record first and its events after it, in one request', async () => {
    const deps = given()
    expect(await publishWebhook(webhook, events, context, deps)).toBe('accepted')
    expect(deps.publisher.requests).toHaveLength(1)
    expect(deps.publisher.requests[0]?.map(({ record }) => record)).toEqual(['raw-webhook', 'message'])
  })

  it('keys the raw record like its first event and names every event in it', async () => {
    const deps = given()
    await publishWebhook(webhook, events, context, deps)
    const [raw, message] = deps.publisher.requests[0] ?? []
    expect(raw?.key).toBe(message?.key)
    const rawEvent = raw?.event as RawWebhook
    expect(rawEvent.body).toEqual(inboundMessage)
    expect(rawEvent.parseResult).toBe('parsed')
    expect(rawEvent.events).toEqual(
      events.map(({ record, event }) => ({
        topic: catalog[record].topic,
        eventId: event.eventId,
        type: event.type,
      })),
    )
  })

  it('publishes nothing when every event is a duplicate and so are the bytes', async () => {
    const deps = given()
    await publishWebhook(webhook, events, context, deps)
    expect(await publishWebhook(webhook, events, context, deps)).toBe('duplicate')
    expect(deps.publisher.requests).toHaveLength(1)
  })

  it('publishes the raw record alone when every event is a duplicate but the bytes are not, and names the events', async () => {
    const deps = given()
    await publishWebhook(webhook, events, context, deps)
    expect(await publishWebhook(otherBytes, events, context, deps)).toBe('accepted')
    const [raw, ...others] = deps.publisher.requests[1] ?? []
    expect(others).toEqual([])
    expect(raw).toMatchObject({ record: 'raw-webhook', key: events[0]?.key })
    const kept = raw?.event as RawWebhook
    expect(kept.body).toEqual(otherBytes.rawBody)
    expect(kept.events.map(({ eventId }) => eventId)).toEqual(events.map(({ event }) => event.eventId))
    expect(await publishWebhook(otherBytes, events, context, deps)).toBe('duplicate')
    expect(await publishWebhook(webhook, events, context, deps)).toBe('duplicate')
  })

  it('fails other bytes of an event in flight with it, and publishes both when they come again', async () => {
    const deps = given()
    const refused = Promise.withResolvers<never>()
    const failing = { ...deps.publisher, publish: () => refused.promise }
    const first = publishWebhook(webhook, events, context, { ...deps, publisher: failing })
    const second = publishWebhook(otherBytes, events, context, deps)
    refused.reject(unavailable)
    expect(await Promise.allSettled([first, second])).toEqual([
      { status: 'rejected', reason: unavailable },
      { status: 'rejected', reason: unavailable },
    ])
    expect(await publishWebhook(otherBytes, events, context, deps)).toBe('accepted')
    expect(deps.publisher.requests.at(-1)?.map(({ record }) => record)).toEqual(['raw-webhook', 'message'])
  })

  it('publishes the same bytes for each workspace, and for each signed query', async () => {
    const deps = given()
    const results = []
    for (const [workspaceId, signedQuery] of [
      ['ws-1', null],
      ['ws-2', null],
      ['ws-1', 'a=1'],
      ['ws-1', 'a=1'],
    ] as const) {
      const mine = { ...context, workspaceId }
      results.push(await publishUnreadable({ ...webhook, signedQuery }, 'invalid-json', mine, deps))
    }
    expect(results).toEqual(['accepted', 'accepted', 'accepted', 'duplicate'])
  })

  it('takes what was quarantined for a duplicate, and its events in other bytes for new', async () => {
    const deps = given()
    expect(await publishUnreadable(webhook, 'record-too-large', context, deps)).toBe('accepted')
    expect(await publishWebhook(webhook, events, context, deps)).toBe('duplicate')
    expect(await publishWebhook(otherBytes, events, context, deps)).toBe('accepted')
    expect(deps.publisher.requests.map((records) => records.map(({ record }) => record))).toEqual([
      ['raw-webhook', 'quarantined-record'],
      ['raw-webhook', 'message'],
    ])
  })

  it('publishes only the events that are new, and only those are named in the raw record', async () => {
    const deps = given()
    await publishWebhook(webhook, events, context, deps)
    expect(await publishWebhook(otherBytes, [...events, ...otherEvents], context, deps)).toBe('accepted')
    const second = deps.publisher.requests[1]
    expect(second?.map(({ record }) => record)).toEqual(['raw-webhook', 'platform-event'])
    const { events: named } = (second?.[0]?.event ?? { events: [] }) as RawWebhook
    expect(named.map(({ topic }) => topic)).toEqual([catalog['platform-event'].topic])
  })

  it('publishes an event once when a webhook holds it twice', async () => {
    const deps = given()
    expect(await publishWebhook(webhook, [...events, ...events], context, deps)).toBe('accepted')
    expect(deps.publisher.requests[0]?.map(({ record }) => record)).toEqual(['raw-webhook', 'message'])
  })

  it('releases its claims when Kafka does not acknowledge, so that the redelivery is published', async () => {
    const deps = given()
    deps.publisher.failWith(unavailable)
    await expect(publishWebhook(webhook, events, context, deps)).rejects.toBe(unavailable)
    deps.publisher.failWith(undefined)
    expect(await publishWebhook(webhook, events, context, deps)).toBe('accepted')
    expect(deps.publisher.requests).toHaveLength(2)
  })

  it('releases its claims when a publisher throws, which it should not', async () => {
    const deps = given()
    const broken = {
      ...deps.publisher,
      publish: () => {
        throw new TypeError('a defect')
      },
    }
    await expect(publishWebhook(webhook, events, context, { ...deps, publisher: broken })).rejects.toThrow('a defect')
    expect(await publishWebhook(webhook, events, context, deps)).toBe('accepted')
  })

  it('answers a duplicate in flight only when the first one is acknowledged', async () => {
    const deps = given()
    const acknowledge = deps.publisher.hold()
    const settled: string[] = []
    const first = publishWebhook(webhook, events, context, deps).then((result) => settled.push(result))
    const second = publishWebhook(webhook, events, context, deps).then((result) => settled.push(result))
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toEqual([])
    acknowledge()
    await Promise.all([first, second])
    expect(settled.toSorted()).toEqual(['accepted', 'duplicate'])
    expect(deps.publisher.requests).toHaveLength(1)
  })

  it('fails a duplicate in flight with the failure of the first one', async () => {
    const deps = given()
    const answer = deps.publisher.hold()
    deps.publisher.failWith(unavailable)
    const both = Promise.allSettled([
      publishWebhook(webhook, events, context, deps),
      publishWebhook(webhook, events, context, deps),
    ])
    answer()
    expect(await both).toEqual([
      { status: 'rejected', reason: unavailable },
      { status: 'rejected', reason: unavailable },
    ])
  })

  it('counts what became of each event', async () => {
    const deps = given()
    await publishWebhook(webhook, events, context, deps)
    await publishWebhook(webhook, events, context, deps)
    const revised = events.map((one) => ({ ...one, event: { ...one.event, contentHash: 'other' } }) as BirdEvent)
    await publishWebhook(otherBytes, revised, context, deps)
    for (const result of ['published', 'duplicate', 'revision']) {
      const series = `murmuration_ingress_events_total{source="sample",record="message",result="${result}"}`
      expect(await deps.metrics.value(series)).toBe(1)
    }
  })
})
