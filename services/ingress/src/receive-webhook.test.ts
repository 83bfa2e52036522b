import { EventUnencodableError } from '@murmuration/avro'
import { SignatureRejectedError } from '@murmuration/bird'
import { KafkaOverloadedError, KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import type { QuarantinedRecord, RawWebhook } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'
import {
  createCountingMetrics,
  createFakePublisher,
  createLogs,
  inboundMessage,
  nowMs,
  openLimiter,
  signatureOf,
  source,
  unknownEvent,
} from './ingress.fixture.ts'
import { RateLimitedError } from './rate-limit.ts'
import { type Arrival, receiveWebhook } from './receive-webhook.ts'

const arrival: Arrival = { source, cameMs: 4_000 }

function given() {
  let ids = 0
  return {
    publisher: createFakePublisher(),
    window: createDuplicateWindow({ maxEvents: 100 }),
    metrics: createCountingMetrics(),
    ...createLogs(),
    limiter: openLimiter,
    contactKeySecret: 'contact key secret of the tests',
    now: () => nowMs,
    newId: () => {
      ids += 1
      return `raw-${ids}`
    },
  }
}

function signed(rawBody: Buffer) {
  return { rawBody, urls: source.publicUrls, query: '', headers: signatureOf(rawBody) }
}

describe('receiveWebhook', () => {
  it('accepts a signed webhook once Kafka has acknowledged, and names its raw record and events', async () => {
    const deps = given()
    const receipt = await receiveWebhook(signed(inboundMessage), arrival, deps)
    expect(receipt).toMatchObject({ result: 'accepted', rawRef: 'raw-1' })
    expect(receipt.eventIds).toHaveLength(1)
    const [raw, message] = deps.publisher.requests[0] ?? []
    expect(raw?.event).toMatchObject({ eventId: 'raw-1', keyId: 'key-1', scheme: 'bird-crm', receivedAt: nowMs })
    expect(message?.event).toMatchObject({ eventId: receipt.eventIds[0], rawRef: 'raw-1', workspaceId: 'ws-1' })
  })

  it('tells a redelivery as a duplicate, with the event ids of the first', async () => {
    const deps = given()
    const first = await receiveWebhook(signed(inboundMessage), arrival, deps)
    const second = await receiveWebhook(signed(inboundMessage), arrival, deps)
    expect(second).toEqual({ result: 'duplicate', rawRef: null, eventIds: first.eventIds })
  })

  it.each([
    ['no JSON', Buffer.from('{"service":'), 'invalid-json'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'invalid-utf8'],
    ['empty', Buffer.alloc(0), 'empty'],
    ['a list', Buffer.from('[1]'), 'not-an-object'],
  ])(
    'keeps the bytes of a signed body that is %s, in the raw topic and in quarantine, and accepts it',
    async (_, rawBody, reason) => {
      const deps = given()
      const receipt = await receiveWebhook(signed(rawBody), arrival, deps)
      expect(receipt).toEqual({ result: 'unreadable', rawRef: 'raw-1', eventIds: [] })
      expect(deps.publisher.requests).toHaveLength(1)
      const [raw, quarantined] = deps.publisher.requests[0] ?? []
      expect([raw?.record, quarantined?.record]).toEqual(['raw-webhook', 'quarantined-record'])
      expect([raw?.key, quarantined?.key]).toEqual([null, null])
      const rawEvent = raw?.event as RawWebhook
      expect([rawEvent.parseResult, rawEvent.parseError, rawEvent.body]).toEqual(['unreadable', reason, rawBody])
      const held = quarantined?.event as QuarantinedRecord
      expect([held.reason, held.rawRef, held.body]).toEqual([reason, 'raw-1', rawBody])
    },
  )

  it('keeps the bytes that nobody can read once, however often they come, and logs them once', async () => {
    const deps = given()
    const answers = []
    for (const body of ['{"service":', '{"service":', '{"event":', '{"service":']) {
      answers.push((await receiveWebhook(signed(Buffer.from(body)), arrival, deps)).result)
    }
    expect(answers).toEqual(['unreadable', 'duplicate', 'unreadable', 'duplicate'])
    expect(deps.publisher.requests).toHaveLength(2)
    expect(deps.logger.lines).toHaveLength(2)
  })

  it('publishes bytes that nobody can read when they come again after Kafka had refused them', async () => {
    const deps = given()
    const body = Buffer.from('{"service":')
    deps.publisher.failWith(new KafkaUnavailableError('no answer'))
    await expect(receiveWebhook(signed(body), arrival, deps)).rejects.toThrow(KafkaUnavailableError)
    deps.publisher.failWith(undefined)
    expect(await receiveWebhook(signed(body), arrival, deps)).toMatchObject({ result: 'unreadable' })
  })

  it.each([
    [
      'do not fit their schema',
      new EventUnencodableError({ record: 'message', paths: ['text'] }),
      'unencodable',
      'raw-1',
    ],
    [
      'are larger than their topic takes',
      new KafkaRefusedError({ kafkaError: 'MESSAGE_TOO_LARGE' }),
      'record-too-large',
      'raw-2',
    ],
  ])('keeps the bytes of a webhook whose events %s, and accepts it', async (_, refused, reason, rawRef) => {
    const deps = given()
    const { publisher } = deps
    const publish: typeof publisher.publish = async (records, waitingSinceMs) => {
      const unencodable = records.some((record) => record.kind === 'event' && record.record === 'message')
      publisher.failWith(unencodable ? refused : undefined)
      return publisher.publish(records, waitingSinceMs)
    }
    const receipt = await receiveWebhook(signed(inboundMessage), arrival, {
      ...deps,
      publisher: { ...publisher, publish },
    })
    expect(receipt).toEqual({ result: 'unreadable', rawRef, eventIds: [] })
    const kept = publisher.requests[1]
    expect(kept?.map(({ record }) => record)).toEqual(['raw-webhook', 'quarantined-record'])
    expect(kept?.[1]?.event).toMatchObject({ reason, body: inboundMessage })
    // Bird waits for both of them: the second one has what the first one left.
    expect(publisher.waitingSinceMs).toEqual([4_000, 4_000])
    const again = await receiveWebhook(signed(inboundMessage), arrival, {
      ...deps,
      publisher: { ...publisher, publish },
    })
    expect(again.result).toBe('duplicate')
    expect(publisher.requests).toHaveLength(2)
  })

  it('goes stage by stage with those that start with it, and publishes in the order in which they came', async () => {
    const deps = given()
    const { publisher } = deps
    const seen: string[] = []
    const limiter = { take: () => void seen.push('judged') }
    const publish: typeof publisher.publish = (records) => {
      seen.push(`published ${records.map((record) => record.kind === 'event' && record.record).join(' ')}`)
      return publisher.publish(records)
    }
    const bodies = [unknownEvent('n-1'), inboundMessage, unknownEvent('n-2')]
    const newId = () => {
      seen.push('named')
      return deps.newId()
    }
    const watched = { ...deps, limiter, newId, publisher: { ...publisher, publish } }
    await Promise.all(bodies.map((body) => receiveWebhook(signed(body), arrival, watched)))
    const platform = 'published raw-webhook platform-event'
    const published = [platform, 'published raw-webhook message', platform]
    expect(seen).toEqual(['judged', 'judged', 'judged', 'named', 'named', 'named', ...published])
  })

  it('ends a stage after parsing, and one after mapping', async () => {
    const deps = given()
    const { publisher } = deps
    let steps: number | undefined
    let counted = 0
    /** One microtask after the other: those that start with a webhook are a stage ahead with each. */
    const count = () => {
      counted += 1
      if (steps === undefined) queueMicrotask(count)
    }
    const newId = () => {
      queueMicrotask(count)
      return deps.newId()
    }
    const publish: typeof publisher.publish = (records) => {
      steps = counted
      return publisher.publish(records)
    }
    await receiveWebhook(signed(inboundMessage), arrival, { ...deps, newId, publisher: { ...publisher, publish } })
    expect(steps).toBe(2)
  })

  it('does not accept an unreadable webhook whose bytes Kafka did not acknowledge', async () => {
    const deps = given()
    const unavailable = new KafkaUnavailableError('no answer')
    deps.publisher.failWith(unavailable)
    await expect(receiveWebhook(signed(Buffer.from('{')), arrival, deps)).rejects.toBe(unavailable)
  })

  it('says what went to quarantine by its id and reason, without any of its bytes', async () => {
    const deps = given()
    await receiveWebhook(signed(Buffer.from('my number is +570000000001')), arrival, deps)
    expect(deps.logger.lines).toHaveLength(1)
    expect(deps.logger.lines[0]).toContain('raw-1')
    expect(deps.logger.lines[0]).not.toContain('570000000001')
  })

  it.each([
    ['signed for another body', { rawBody: Buffer.from('{}'), headers: signatureOf(inboundMessage) }],
    ['signed with another key', { rawBody: inboundMessage, headers: signatureOf(inboundMessage, 'another key') }],
    ['not signed', { rawBody: inboundMessage, headers: {} }],
  ])('publishes nothing of a webhook that is %s', async (_, webhook) => {
    const deps = given()
    const received = receiveWebhook({ ...webhook, urls: source.publicUrls, query: '' }, arrival, deps)
    await expect(received).rejects.toBeInstanceOf(SignatureRejectedError)
    expect(deps.publisher.requests).toEqual([])
  })

  it('takes a redelivery whose signature is eight hours old: Bird retries with the first timestamp', async () => {
    const late = { ...given(), now: () => nowMs + 8 * 60 * 60_000 }
    expect((await receiveWebhook(signed(inboundMessage), arrival, late)).result).toBe('accepted')
  })

  it('refuses a signature beyond the age and the clock skew of its source', async () => {
    const late = { ...given(), now: () => nowMs + source.maxAgeMs + source.clockSkewMs + 1_000 }
    const received = receiveWebhook(signed(inboundMessage), arrival, late)
    await expect(received).rejects.toMatchObject({ reason: 'too-old' })
  })

  it('counts which key signed, so that an old one can be retired', async () => {
    const deps = given()
    await receiveWebhook(signed(inboundMessage), arrival, deps)
    const series = 'murmuration_ingress_signature_key_uses_total{source="sample",key_id="key-1"}'
    expect(await deps.metrics.value(series)).toBe(1)
    const lastUse = 'murmuration_ingress_signature_key_last_use_timestamp_seconds{source="sample",key_id="key-1"}'
    expect(await deps.metrics.value(lastUse)).toBe(Math.floor(nowMs / 1_000))
  })

  it('counts what passed through whole because nothing here knows it', async () => {
    const deps = given()
    await receiveWebhook(signed(unknownEvent('n-1')), arrival, deps)
    await receiveWebhook(signed(inboundMessage), arrival, deps)
    expect(await deps.metrics.value('murmuration_ingress_unmapped_total{source="sample",what="event"}')).toBe(1)
    expect((await deps.metrics.expose()).text.match(/^murmuration_ingress_unmapped_total\{/gm)).toHaveLength(1)
  })

  it('limits the rate of what is proven only: strangers use up nothing', async () => {
    const taken: string[] = []
    const deps = { ...given(), limiter: { take: ({ name }: { readonly name: string }) => void taken.push(name) } }
    const forged = { ...signed(inboundMessage), headers: {} }
    await expect(receiveWebhook(forged, arrival, deps)).rejects.toBeInstanceOf(SignatureRejectedError)
    expect(taken).toEqual([])
    await receiveWebhook(signed(inboundMessage), arrival, deps)
    expect(taken).toEqual(['sample'])
  })

  it('refuses what is proven, before it is parsed, while Kafka takes no more; a stranger is told nothing of it', async () => {
    const deps = given()
    deps.publisher.admit(false)
    await expect(receiveWebhook(signed(Buffer.from('{')), arrival, deps)).rejects.toBeInstanceOf(KafkaOverloadedError)
    const forged = { ...signed(inboundMessage), headers: {} }
    await expect(receiveWebhook(forged, arrival, deps)).rejects.toBeInstanceOf(SignatureRejectedError)
    expect(deps.publisher.requests).toEqual([])
    deps.publisher.admit(true)
    await expect(receiveWebhook(signed(inboundMessage), arrival, deps)).resolves.toMatchObject({ result: 'accepted' })
  })

  it('publishes nothing of a webhook that is over the rate of its source', async () => {
    const limited = new RateLimitedError({ retryAfterMs: 200 })
    const take = () => {
      throw limited
    }
    const deps = { ...given(), limiter: { take } }
    await expect(receiveWebhook(signed(inboundMessage), arrival, deps)).rejects.toBe(limited)
    expect(deps.publisher.requests).toEqual([])
  })
})
