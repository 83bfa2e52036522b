import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, type PlayedStep, startPipeline } from '../fault/pipeline.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const venv = fileURLToPath(new URL('../../.murmuration/python/', import.meta.url))

interface Row {
  readonly topic: string
  readonly key: string | null
  readonly value: Readonly<Record<string, unknown>>
}

let pipeline: Pipeline
let played: readonly PlayedStep[]
let rows: readonly Row[]

beforeAll(async () => {
  const python = join(venv, 'bin', 'python')
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', venv])
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '-r', join(here, 'requirements.txt')])
  pipeline = await startPipeline()
  played = await pipeline.play()
  const report = await pipeline.endsOf(played, { patienceMs: 60_000 })
  expect(report.missing).toEqual([])
  const topics = [
    ...(['raw-webhook', 'message', 'message-status', 'conversation', 'platform-event'] as const),
    ...(['media-asset', 'partition-outcomes'] as const),
  ].map((record) => catalog[record].topic)
  const out = execFileSync(python, [join(here, 'read_topics.py'), pipeline.runFile, ...topics], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
})

afterAll(async () => {
  await pipeline.close()
})

function rowsOf(record: keyof typeof catalog): readonly Row[] {
  return rows.filter((row) => row.topic === catalog[record].topic)
}

it("reads every event that was answered with Confluent's Python client, once", () => {
  const answered = played.flatMap(({ answer }) => (answer.result === 'accepted' ? answer.eventIds : []))
  const typed = (['message', 'message-status', 'conversation', 'platform-event'] as const).flatMap(rowsOf)
  expect(typed.map((row) => row.value.eventId).sort()).toEqual([...new Set(answered)].sort())
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
  for (const { step, answer } of played) {
    if (answer.result === 'accepted') expect(bodies).toContain(JSON.stringify(step.body))
  }
})
