import { catalog, type RecordName } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { preparePython, type Row, readTopics } from './python.ts'
import { type PlayedSample, playSample, sampleTopics, typedRecords } from './sample.ts'

let sample: PlayedSample
let rows: readonly Row[]

beforeAll(async () => {
  const python = preparePython()
  sample = await playSample()
  rows = readTopics(python, { ...sample, topics: sampleTopics })
})

afterAll(async () => {
  await sample?.pipeline.close()
})

function rowsOf(record: RecordName): readonly Row[] {
  return rows.filter((row) => row.topic === catalog[record].topic)
}

it("reads every event that was answered with Confluent's Python client, once", () => {
  const typed = typedRecords.flatMap(rowsOf)
  expect(typed.map((row) => row.value.eventId).sort()).toEqual(sample.answeredIds)
})

it('finds the Arabic text, the emoji and the contact key in bird.messages.v1', () => {
  const hello = rowsOf('message').find((row) => row.value.text === 'مرحبا 👋 أين طلبي؟')
  expect(hello?.value).toMatchObject({ type: 'message.inbound', platform: 'whatsapp', keyBasis: 'contact-id' })
  expect(hello?.key).toBe(hello?.value.contactKey)
  expect(hello?.value.occurredAt).toMatch(/^\d{4}-\d\d-\d\dT/)
})

it('finds each medium as a stored asset with its size and SHA-256', () => {
  const kinds = rowsOf('media-asset').map((row) => [row.value.kind, row.value.type])
  expect(kinds.sort()).toEqual(['audio', 'document', 'image', 'sticker', 'video'].map((kind) => [kind, 'media.stored']))
  for (const { value } of rowsOf('media-asset')) expect(value.sha256).toMatch(/^[0-9a-f]{64}$/)
})

it('finds the life of the outbound message in bird.message-statuses.v1, keyed by message id', () => {
  const statuses = rowsOf('message-status').map((row) => row.value.status)
  expect(statuses.sort()).toEqual(['accepted', 'delivered', 'delivery_failed', 'read', 'sent'])
  for (const row of rowsOf('message-status')) expect(row.key).toBe(row.value.messageId)
})

it('finds the exact bytes of each webhook in bird.raw.v1', () => {
  const bodies = new Set(
    rowsOf('raw-webhook').map((row) => Buffer.from(String(row.value.body), 'hex').toString('utf8')),
  )
  for (const { step, answer } of sample.played) {
    if (answer.result === 'accepted') expect(bodies).toContain(JSON.stringify(step.body))
  }
})
