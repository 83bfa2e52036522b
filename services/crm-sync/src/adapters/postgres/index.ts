import { join } from 'node:path'
import type { ConfigOf } from '@murmuration/config'
import type { Database } from '@murmuration/database'
import { createDatabase, DatabaseMisconfiguredError, pendingMigrations } from '@murmuration/database'
import type { CrmAdapter } from '../../crm-adapter.ts'
import type { AdapterDeps } from '../registry.ts'
import { applyConversation } from './apply-conversation.ts'
import { applyMessage } from './apply-message.ts'
import { applyStatus } from './apply-status.ts'
import type { postgresSettings } from './settings.ts'

/** The schema that this adapter owns, and the files that build it. */
export const crmMigrations = {
  schema: 'crm',
  migrationsDir: join(import.meta.dirname, '../../../migrations'),
} as const

/** One event is at most eight small statements by primary key: milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000

const CONNECT_TIMEOUT_MS = 5_000

/** Keeps everything in tables of schema `crm`. Connects on first use. */
export function createPostgresAdapter(config: ConfigOf<typeof postgresSettings>, deps: AdapterDeps): CrmAdapter {
  const database = createDatabase({
    url: config.DATABASE_URL,
    maxConnections: config.DATABASE_MAX_CONNECTIONS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    applicationName: deps.clientId,
    onError: deps.onError,
  })
  return {
    name: 'postgres',
    idempotent: true,
    applyMessage: (event, { signal }) => database.transaction((tx) => applyMessage(tx, event), { signal }),
    applyStatus: (event, { signal }) => database.transaction((tx) => applyStatus(tx, event), { signal }),
    applyConversation: (event, { signal }) => database.transaction((tx) => applyConversation(tx, event), { signal }),
    check: createCheck(database),
    close: () => database.close(),
  }
}

/** Once no migration is pending it stays so: later checks only ask whether PostgreSQL answers. */
function createCheck(database: Database): () => Promise<void> {
  let migrated = false
  return async () => {
    if (migrated) return database.check()
    const pending = await pendingMigrations(database, crmMigrations)
    if (pending.length > 0) throw new DatabaseMisconfiguredError({ state: `migrations pending: ${pending.join(', ')}` })
    migrated = true
  }
}
