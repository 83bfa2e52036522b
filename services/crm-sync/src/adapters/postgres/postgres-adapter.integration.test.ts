import { randomUUID } from 'node:crypto'
import { Secret } from '@murmuration/config'
import type { Database } from '@murmuration/database'
import { createDatabase, DatabaseMisconfiguredError, migrate } from '@murmuration/database'
import type { FreshDatabase } from '@murmuration/database/fresh-database'
import { createFreshDatabase } from '@murmuration/database/fresh-database'
import { describe, expect, inject, it } from 'vitest'
import type { Subject } from '../conformance.ts'
import { describeCrmAdapter } from '../conformance.ts'
import { message, minute } from '../conformance-events.ts'
import type { CrmState } from '../conformance-state.ts'
import { createPostgresAdapter, crmMigrations } from './index.ts'

const TABLES = [
  'applied_events',
  'contacts',
  'messages',
  'message_media',
  'message_status_history',
  'message_statuses',
  'conversations',
]

function createFresh(): Promise<FreshDatabase> {
  return createFreshDatabase({
    serverUrl: inject('databaseUrl'),
    name: `crm_${randomUUID().replaceAll('-', '')}`,
  })
}

function createAdapter(fresh: FreshDatabase) {
  const config = { DATABASE_URL: new Secret(fresh.url.reveal()), DATABASE_MAX_CONNECTIONS: 4 }
  return createPostgresAdapter(config, { clientId: 'crm-sync-test', onError: () => {} })
}

async function openPostgres(): Promise<Subject> {
  const fresh = await createFresh()
  await migrate({ url: fresh.url, ...crmMigrations, onProgress: () => {} })
  const adapter = createAdapter(fresh)
  const reader = createDatabase({
    url: fresh.url,
    maxConnections: 1,
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    applicationName: 'crm-sync-test-reader',
    onError: () => {},
  })
  return {
    adapter,
    readState: () => readState(reader),
    readAll: () => readAll(reader),
    reset: async () => {
      // Faster than truncate for tables of a few rows.
      for (const table of TABLES) await reader.query(`delete from crm.${table}`)
    },
    close: async () => {
      await Promise.all([adapter.close(), reader.close()])
      await fresh.drop()
    },
  }
}

/** Every column of every row, but for which copy was applied and when. */
async function readAll(reader: Database): Promise<unknown> {
  const all: unknown[] = []
  for (const table of TABLES) {
    const { rows } = await reader.query(
      `select to_jsonb(t) - 'applied_at' - 'raw_ref' as row from crm.${table} t order by 1`,
    )
    all.push([table, rows])
  }
  return all
}

async function readState(reader: Database): Promise<CrmState> {
  const read = async (sql: string) => (await reader.query(sql)).rows as never
  return {
    contacts: await read(`select contact_key as "contactKey", identifier_value as identifier, name,
      extract(epoch from first_seen_at)::float8 * 1000 as "firstSeenAt",
      extract(epoch from last_seen_at)::float8 * 1000 as "lastSeenAt" from crm.contacts order by contact_key`),
    messages: await read(`select message_id as "messageId", direction, contact_key as "contactKey", text,
      array(select url from crm.message_media f where f.message_id = m.message_id order by media_index) as media
      from crm.messages m order by message_id`),
    statuses: await read(`select message_id as "messageId", status, reason
      from crm.message_statuses order by message_id`),
    history: await readHistory(reader),
    conversations: await read(`select conversation_id as "conversationId", deleted, name
      from crm.conversations order by conversation_id`),
  }
}

async function readHistory(reader: Database): Promise<readonly string[]> {
  const { rows } = await reader.query('select message_id, status, content_hash from crm.message_status_history')
  return rows.map((row) => `${row.message_id} ${row.status} ${row.content_hash}`).sort()
}

describeCrmAdapter('postgres', { open: openPostgres, shuffles: 60 })

describe('createPostgresAdapter', () => {
  it('is not ready before the migrations, and says which are missing', async () => {
    const fresh = await createFresh()
    const adapter = createAdapter(fresh)
    await expect(adapter.check()).rejects.toThrow('0001_crm-tables')
    const early = adapter.applyMessage(message({ messageId: 'm1', occurredAt: minute(1) }), {
      signal: new AbortController().signal,
    })
    await expect(early).rejects.toBeInstanceOf(DatabaseMisconfiguredError)
    await migrate({ url: fresh.url, ...crmMigrations, onProgress: () => {} })
    await adapter.check()
    await adapter.close()
    await fresh.drop()
  })

  it('leaves no mark of an event whose effect failed, so that the retry applies it', async () => {
    const subject = await openPostgres()
    const context = { signal: new AbortController().signal }
    const bad = message({ messageId: 'm1', occurredAt: minute(1), contactName: 'A Name', location: tooFar })
    const error = await subject.adapter.applyMessage(bad, context).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'MUR_DATABASE_REFUSED' })
    expect(JSON.stringify(error) + String(error)).not.toContain('A Name')
    expect((await subject.readState()).contacts).toEqual([])
    expect(await subject.adapter.applyMessage({ ...bad, location: null }, context)).toEqual({ kind: 'done' })
    await subject.close()
  })
})

/** No number to PostgreSQL, and no event that our own writers can make. */
const tooFar = { latitude: 'A Name' as never, longitude: 0, address: null, label: null }
