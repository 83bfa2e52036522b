import { readdirSync, readFileSync } from 'node:fs'
import type { RawWebhook } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'
import {
  createCountingMetrics,
  createFakePublisher,
  createLogs,
  nowMs,
  openLimiter,
  signatureOf,
  source,
} from './ingress.fixture.ts'
import { receiveWebhook } from './receive-webhook.ts'

const payloads = new URL('../../../test/contract/fixtures/payloads/', import.meta.url)

/** The value with one thing changed, once for each leaf, and with one field more, once for each object. */
function* changesOf(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      for (const changed of changesOf(item)) yield value.with(at, changed)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      for (const changed of changesOf(item)) yield { ...value, [name]: changed }
    }
    yield { ...value, aFieldOfTomorrow: 'x' }
  } else {
    yield typeof value === 'number' ? value + 1 : `${value}x`
  }
}

describe('receiveWebhook, after the same webhook with one thing changed', () => {
  it.each(readdirSync(payloads))('has every byte of %s in a raw record, once', async (file) => {
    const publisher = createFakePublisher()
    const deps = {
      publisher,
      window: createDuplicateWindow({ maxEvents: 10_000 }),
      metrics: createCountingMetrics(),
      ...createLogs(),
      limiter: openLimiter,
      contactKeySecret: 'contact key secret of the tests',
      now: () => nowMs,
      newId: () => 'raw',
    }
    const original = readFileSync(new URL(file, payloads))
    const changed = [...changesOf(JSON.parse(original.toString('utf8')))].map((body) => JSON.stringify(body))
    expect(changed.length).toBeGreaterThan(3)
    for (const body of [original, ...changed, ...changed]) {
      const rawBody = Buffer.from(body)
      const webhook = { rawBody, urls: source.publicUrls, query: '', headers: signatureOf(rawBody) }
      await receiveWebhook(webhook, { source, cameMs: 0 }, deps)
    }
    const kept = publisher.requests.flatMap((records) =>
      records.flatMap(({ record, event }) => (record === 'raw-webhook' ? [(event as RawWebhook).body.toString()] : [])),
    )
    expect(kept.toSorted()).toEqual([original.toString('utf8'), ...new Set(changed)].toSorted())
  })
})
