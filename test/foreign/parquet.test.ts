import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog, type RecordName } from '@murmuration/schemas'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { preparePython, readTopicLines, recipes, runPython } from './python.ts'
import { type PlayedSample, playSample, typedRecords } from './sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'parquet-'))
let python: string
let sample: PlayedSample

beforeAll(async () => {
  python = preparePython()
  sample = await playSample()
  for (const record of ['raw-webhook', ...typedRecords, 'media-asset'] as const) writeParquet(record)
})

afterAll(async () => {
  await sample?.pipeline.close()
  rmSync(folder, { recursive: true, force: true })
})

function writeParquet(record: RecordName): void {
  const lines = readTopicLines(python, { ...sample, topics: [catalog[record].topic] })
  const schema = fileURLToPath(new URL(`../../schemas/${record}/v1.avsc`, import.meta.url))
  runPython(python, [`${recipes}to_parquet.py`, schema, parquetOf(record)], lines)
}

function parquetOf(record: RecordName): string {
  return join(folder, `${record}.parquet`)
}

/** Runs SQL by DuckDB; values that JSON has no form for come as text. */
function query(sql: string): readonly Record<string, unknown>[] {
  const program =
    'import duckdb, json, sys; print(duckdb.sql("select to_json(list(q)) from (" + sys.stdin.read() + ") q").fetchall()[0][0])'
  return JSON.parse(runPython(python, ['-c', program], sql)) as Record<string, unknown>[]
}

function recipe(name: string): string {
  return readFileSync(`${recipes}${name}`, 'utf8')
}

it('holds every event that was answered, one row each', () => {
  const ids = typedRecords.flatMap((record) => query(`select "eventId" as id from '${parquetOf(record)}'`))
  expect(ids.map(({ id }) => id).sort()).toEqual(sample.answeredIds)
})

it('keeps types: instants, lists of structs, bytes', () => {
  const types = new Map(
    ['message', 'raw-webhook'].flatMap((record) =>
      query(`select * from (describe select * from '${join(folder, `${record}.parquet`)}')`).map(
        ({ column_name, column_type }) => [column_name, column_type] as const,
      ),
    ),
  )
  expect(types.get('occurredAt')).toBe('TIMESTAMP WITH TIME ZONE')
  expect(types.get('media')).toMatch(/^STRUCT\(url VARCHAR, kind VARCHAR, .*\)\[\]$/)
  expect(types.get('body')).toBe('BLOB')
  expect(types.get('offset')).toBe('BIGINT')
  const [hello] = query(
    `select epoch_ms("receivedAt") as at, "text" from '${parquetOf('message')}' where "text" like 'مرحبا%'`,
  )
  expect(hello?.text).toBe('مرحبا 👋 أين طلبي؟')
  expect(Math.abs(Date.now() - Number(hello?.at))).toBeLessThan(10 * 60_000)
})

it('keeps the exact bytes of each webhook', () => {
  const bodies = query(`select decode("body") as body from '${parquetOf('raw-webhook')}'`).map(({ body }) => body)
  for (const { step, answer } of sample.played)
    if (answer.result === 'accepted') expect(bodies).toContain(JSON.stringify(step.body))
})

it('dedupe.sql drops repeats and older revisions, and nothing else', () => {
  const all = `select * from '${parquetOf('message')}'`
  const repeat = `select * replace ("offset" + 1000 as "offset") from (${all})`
  const revision = `select * replace ("offset" + 2000 as "offset", 'other' as "contentHash", 'edited' as "text") from (${all}) where "text" like 'مرحبا%'`
  const deduped = query(
    recipe('dedupe.sql').replace('FROM events', `FROM (${all} union all ${repeat} union all ${revision}) events`),
  )
  const texts = query(all).map(({ eventId, text }) => [eventId, String(text).startsWith('مرحبا') ? 'edited' : text])
  expect(new Map(deduped.map(({ eventId, text }) => [eventId, text]))).toEqual(new Map(texts as [string, string][]))
  expect(deduped).toHaveLength(texts.length)
})

it('status_now.sql shows the furthest step of each message, whatever came last', () => {
  const statuses = `select * from '${parquetOf('message-status')}'`
  const late = `select * replace ('sent' as "status", "eventId" || ':late' as "eventId", "occurredAt" + interval 1 hour as "occurredAt") from (${statuses})`
  const now = query(recipe('status_now.sql').replace('FROM statuses', `FROM (${statuses} union all ${late}) statuses`))
  expect(now.map(({ status }) => status).sort()).toEqual(['delivery_failed', 'read'])
})

it('status_now.sql shows the later of two failures, as crm-sync does', () => {
  const failed = `select * from '${parquetOf('message-status')}' where "status" = 'delivery_failed'`
  const other = (hours: number) =>
    `select * replace ('sending_failed' as "status", "eventId" || ':other' as "eventId", "occurredAt" + interval (${hours}) hour as "occurredAt") from (${failed})`
  const shown = [-1, 1].flatMap((hours) =>
    query(recipe('status_now.sql').replace('FROM statuses', `FROM (${failed} union all ${other(hours)}) statuses`)),
  )
  expect(shown.map(({ status }) => status)).toEqual(['delivery_failed', 'sending_failed'])
})
