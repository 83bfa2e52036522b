import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { classifyDatabaseError } from './classify-database-error.ts'
import type { SecretText } from './connect-options.ts'
import { toConnectOptions } from './connect-options.ts'
import { DatabaseMisconfiguredError } from './errors.ts'

export interface MigrateInput {
  readonly url: SecretText
  /** Folder of `NNNN_what-changes.sql` files. */
  readonly migrationsDir: string
  /** Schema that is made if missing, that the files change, and that holds the table of what was applied. */
  readonly schema: string
  /** Told of each migration after its commit. */
  readonly onProgress: (name: string) => void
}

/** Table in the schema that names what was applied. */
export const MIGRATIONS_TABLE = 'migrations'

const CONNECT_TIMEOUT_MS = 10_000

/** A migration that waits for a table lock makes all who come after it wait too: give up and be run again. */
const LOCK_TIMEOUT_MS = 60_000

/**
 * Applies every migration that was not applied yet, in the order of their numbers, each in its own transaction, and
 * returns their names. Forward only. Several at once are safe: an advisory lock lets one work, the others then find
 * nothing to do. The lock belongs to the session, so PgBouncer must pool by session here.
 *
 * @throws {DatabaseUnavailableError} PostgreSQL can't be reached
 * @throws {DatabaseConflictError} another migration, or a reader, held its lock for more than a minute
 * @throws {DatabaseMisconfiguredError} no privilege to create in the schema
 */
export async function migrate(input: MigrateInput): Promise<readonly string[]> {
  const client = new pg.Client({
    ...toConnectOptions({ url: input.url, connectTimeoutMs: CONNECT_TIMEOUT_MS, applicationName: 'murmur-migrate' }),
    statement_timeout: false, // an index on a large table takes as long as it takes
    lock_timeout: LOCK_TIMEOUT_MS,
  })
  client.on('error', ignoreLateError)
  try {
    await client.connect()
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`murmuration.migrate.${input.schema}`])
    await prepareSchema(client, input.schema)
    return await applyAll(client, input)
  } catch (error) {
    throw classifyDatabaseError(error)
  } finally {
    await client.end().catch(ignoreLateError) // ends the session and with it the advisory lock
  }
}

/** Done here, not by the runner, which would turn a missing privilege into an error without its SQLSTATE. */
async function prepareSchema(client: pg.Client, schema: string): Promise<void> {
  const found = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
  if (found.rowCount === 0) await client.query(`create schema ${client.escapeIdentifier(schema)}`)
  const allowed = await client.query("select has_schema_privilege(current_user, $1, 'CREATE') as allowed", [schema])
  if (allowed.rows[0]?.allowed !== true) {
    throw new DatabaseMisconfiguredError({ state: `no privilege to create in schema ${schema}` })
  }
}

/** One run of the runner per migration, so that progress is told of what is committed. */
async function applyAll(client: pg.Client, { migrationsDir, schema, onProgress }: MigrateInput) {
  const applied: string[] = []
  while (true) {
    const [next] = await runner({
      dbClient: client,
      dir: migrationsDir,
      direction: 'up',
      count: 1,
      schema,
      migrationsSchema: schema,
      migrationsTable: MIGRATIONS_TABLE,
      checkOrder: true, // a file that was put before one already applied is a mistake
      singleTransaction: true,
      noLock: true, // held by migrate(): the runner's own covers one run only
      createSchema: false,
      createMigrationsSchema: false,
      logger: silent, // its errors quote SQL; ours are classified
    })
    if (next === undefined) return applied
    applied.push(next.name)
    onProgress(next.name)
  }
}

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** The statement that ran, or the next one, rejects with the same reason. */
function ignoreLateError(): void {}
