import pg from 'pg'
import { classifyDatabaseError } from './classify-database-error.ts'
import type { ConnectInput } from './connect-options.ts'
import { toConnectOptions } from './connect-options.ts'
import { DatabaseUnavailableError } from './errors.ts'

export interface DatabaseInput extends ConnectInput {
  /** Connections at most, this process alone. PostgreSQL's own limit is 100 for everybody. */
  readonly maxConnections: number
  /** Longest run of one statement, milliseconds; waiting for a lock gets half of it. */
  readonly statementTimeoutMs: number
  /** Told of a connection that died while nobody used it, or beside its query: worth a log line, nothing to do. */
  readonly onError: (error: unknown) => void
}

export interface QueryResult {
  /** Rows as PostgreSQL sent them: bigint and numeric as text, timestamptz as Date. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows returned or changed. */
  readonly rowCount: number
}

/** Runs one statement. @throws what `classifyDatabaseError` returns */
export interface Queryable {
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>
}

/** A pool of connections. */
export interface Database extends Queryable {
  /**
   * Commits what `work` did on one connection, or rolls all of it back when it throws. Isolation: read committed.
   *
   * @param options.signal looked at before the first statement and before the commit
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>
  /** Resolves when PostgreSQL answers. One round trip. */
  check(): Promise<void>
  /** Waits for running work, then closes every connection. May be called twice. */
  close(): Promise<void>
}

/** How much longer than the server we wait for the answer to a statement that the server should have ended. */
const ANSWER_MARGIN_MS = 2_000

/**
 * Opens a pool; connects on first use, so it never throws because PostgreSQL is down.
 *
 * @throws {DatabaseMisconfiguredError} the address can't be read
 */
export function createDatabase(input: DatabaseInput): Database {
  const report = (error: unknown) => input.onError(classifyDatabaseError(error))
  const pool = new pg.Pool(toPoolOptions(input))
  // Without a listener the death of an idle connection would end the process.
  pool.on('error', report)
  let closing: Promise<void> | undefined
  return {
    query: (text, values) => run(pool, text, values),
    transaction: (work, options) => runTransaction(pool, work, { report, signal: options?.signal }),
    check: async () => {
      await run(pool, 'select 1')
    },
    close: () => {
      closing ??= pool.end()
      return closing
    },
  }
}

function toPoolOptions(input: DatabaseInput): pg.PoolConfig {
  return {
    ...toConnectOptions(input),
    max: input.maxConnections,
    min: 0, // an idle service holds no connection
    idleTimeoutMillis: 30_000, // default 10 s reconnects too often under light traffic
    maxLifetimeSeconds: 30 * 60, // default for ever: follow DNS, rotated passwords and load balancers
    maxUses: Number.POSITIVE_INFINITY, // the lifetime bounds a connection, not its use
    allowExitOnIdle: false, // the service ends by close(), never by accident
    statement_timeout: input.statementTimeoutMs, // default none: one stuck statement would hold its key for ever
    lock_timeout: Math.ceil(input.statementTimeoutMs / 2), // tells waiting for a lock (55P03) from a slow statement
    idle_in_transaction_session_timeout: input.statementTimeoutMs * 2, // a paused process must not keep its locks
    query_timeout: input.statementTimeoutMs + ANSWER_MARGIN_MS, // ours: the network may swallow the server's answer
  }
}

async function run(target: pg.Pool | pg.PoolClient, text: string, values?: readonly unknown[]): Promise<QueryResult> {
  try {
    const result = await target.query(text, values === undefined ? undefined : [...values])
    return { rows: result.rows, rowCount: result.rowCount ?? 0 }
  } catch (error) {
    throw classifyDatabaseError(error)
  }
}

async function runTransaction<T>(
  pool: pg.Pool,
  work: (tx: Queryable) => Promise<T>,
  { report, signal }: { report: (error: unknown) => void; signal: AbortSignal | undefined },
): Promise<T> {
  signal?.throwIfAborted()
  const client = await connect(pool)
  // The pool takes its own listener off while the connection is in use; one that dies between two statements would
  // end the process.
  client.on('error', report)
  let broken = true
  try {
    await run(client, 'begin isolation level read committed')
    const result = await work({ query: (text, values) => run(client, text, values) })
    signal?.throwIfAborted()
    await run(client, 'commit')
    broken = false
    return result
  } catch (error) {
    broken = error instanceof DatabaseUnavailableError || !(await rollback(client))
    throw error
  } finally {
    client.off('error', report)
    client.release(broken)
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw classifyDatabaseError(error)
  }
}

/** Whether the connection is clean again. When it isn't, closing it makes the server roll back. */
async function rollback(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback')
    return true
  } catch {
    return false
  }
}
