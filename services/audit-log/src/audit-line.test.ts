import { readFileSync } from 'node:fs'
import type { Operation, PartitionOutcomes, RawWebhook } from '@murmuration/schemas'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditedEvent, toAuditLine, toUndecodableLine } from './audit-line.ts'

function example<E>(record: string): E {
  return JSON.parse(readFileSync(new URL(`../../../schemas/${record}/example.json`, import.meta.url), 'utf8')) as E
}

const place = { topic: 'some.topic.v1', partition: 3, offset: 41 }
const raw: RawWebhook = { ...example<RawWebhook>('raw-webhook'), body: Buffer.from('hello from +570000000000') }
const outcomes = example<PartitionOutcomes>('partition-outcomes')
const operation = example<Operation>('operation')

/** A text that appears in no line by chance. */
const personal = fc
  .oneof(fc.string({ minLength: 4, unit: 'grapheme' }), fc.integer({ min: 10_000_000 }).map(String))
  .map((text) => `~${text}~`)

/** Everything of a text that might have slipped in: as it is, escaped, or coded. */
function traces(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [text, JSON.stringify(text).slice(1, -1), bytes.toString('base64'), bytes.toString('hex')]
}

function expectNoTrace(event: AuditedEvent, text: string): void {
  const line = JSON.stringify(toAuditLine(event, place))
  for (const trace of traces(text)) expect(line).not.toContain(trace)
}

describe('toAuditLine', () => {
  it('says of a webhook where it lies, when it came and who signed it', () => {
    expect(toAuditLine(raw, place)).toEqual({
      v: 1,
      kind: 'event',
      t: 'some.topic.v1',
      p: 3,
      o: '41',
      at: raw.receivedAt,
      eventId: raw.eventId,
      type: 'webhook.received',
      verdict: `${raw.scheme}:${raw.keyId}`,
    })
  })

  it('says of a commit and of an operation when they happened', () => {
    expect(toAuditLine(outcomes, place)).toMatchObject({ kind: 'outcome', at: outcomes.reportedAt, eventId: null })
    expect(toAuditLine(operation, place)).toMatchObject({ kind: 'operation', at: operation.occurredAt, verdict: null })
  })

  it('writes an offset as text, so that no reader of JSON rounds it', () => {
    expect(toAuditLine(raw, { ...place, offset: 2 ** 53 - 1 }).o).toBe('9007199254740991')
  })

  it('lets nothing of a webhook but its ids in: neither body nor headers nor the ids of its events', () => {
    fc.assert(
      fc.property(personal, (text) => {
        const events = [{ topic: text, eventId: text, type: text }]
        const body = Buffer.from(JSON.stringify({ text, phone: text }))
        expectNoTrace({ ...raw, body, events, requestId: text, contentType: text, parseError: text }, text)
      }),
    )
  })

  it('lets nothing of the records that a commit settled in', () => {
    fc.assert(
      fc.property(personal, (text) => {
        const entries = outcomes.entries.map((entry) => ({ ...entry, eventId: text, reason: text, topic: text }))
        expectNoTrace({ ...outcomes, entries, member: text, group: text }, text)
      }),
    )
  })

  it("lets neither subject, actor, reason nor details of an operation in: people's words hold people's data", () => {
    fc.assert(
      fc.property(personal, (text) => {
        expectNoTrace({ ...operation, subject: text, actor: text, reason: text, details: text }, text)
      }),
    )
  })
})

describe('toUndecodableLine', () => {
  it('says that a record was there and where, and nothing else', () => {
    expect(toUndecodableLine(place)).toEqual({
      v: 1,
      kind: 'undecodable',
      t: 'some.topic.v1',
      p: 3,
      o: '41',
      at: null,
      eventId: null,
      type: null,
      verdict: null,
    })
  })
})
