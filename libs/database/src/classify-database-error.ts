import { PipelineError } from '@murmuration/errors'
import type { DatabaseFault } from './errors.ts'
import {
  DatabaseConflictError,
  DatabaseMisconfiguredError,
  DatabaseRefusedError,
  DatabaseUnavailableError,
} from './errors.ts'

type Kind = 'unavailable' | 'conflict' | 'misconfigured' | 'refused' | 'unknown'

/** Five characters, digits and capitals, as in the SQL standard. `EPIPE` has that shape too and is told apart below. */
const SQLSTATE = /^[0-9A-Z]{5}$/

/** First rule that fits decides; single codes come before the class that holds them. The words are for people. */
const SQLSTATE_RULES: readonly (readonly [prefix: string, kind: Kind, meaning: string])[] = [
  ['57014', 'conflict', 'statement time-out'],
  ['57P04', 'misconfigured', 'the database was dropped'],
  ['57P', 'unavailable', 'shutting down or starting'],
  ['25006', 'unavailable', 'read only: a stand-by'],
  ['25P03', 'conflict', 'idle in transaction for too long'], // this process was paused
  ['55P03', 'conflict', 'lock time-out'],
  ['40P01', 'conflict', 'deadlock'],
  ['40', 'conflict', 'serialization failure'],
  ['08', 'unavailable', 'connection failed'], // PgBouncer reports its own outages as 08P01
  ['53', 'unavailable', 'out of disk, memory or connections'],
  ['58', 'unavailable', 'input or output error'],
  ['28', 'misconfigured', 'user or password refused'],
  ['3D000', 'misconfigured', 'no such database'],
  ['3F000', 'misconfigured', 'no such schema'],
  ['42P01', 'misconfigured', 'no such table'], // this and the next four: migrations are behind
  ['42703', 'misconfigured', 'no such column'],
  ['42704', 'misconfigured', 'no such type'],
  ['42883', 'misconfigured', 'no such function'],
  ['42P10', 'misconfigured', 'no such unique key'],
  ['42501', 'misconfigured', 'no privilege'],
  ['42', 'refused', 'statement not understood'],
  ['21', 'refused', 'cardinality'],
  ['22', 'refused', 'value not accepted'],
  ['23', 'refused', 'constraint violated'],
  ['54', 'refused', 'value too large'],
  ['0A', 'refused', 'not supported'],
]

/** Network errors of Node. ENOTFOUND is one of them: names vanish while a failover moves them. */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EADDRNOTAVAIL',
])

/** What pg says without any code, by the beginning of its message. The word replaces the message. */
const DRIVER_MESSAGES: readonly (readonly [start: string, kind: Kind, state: string])[] = [
  ['Connection terminated', 'unavailable', 'connection terminated'],
  ['Client has encountered a connection error', 'unavailable', 'connection broken'],
  ['Client was closed', 'unavailable', 'connection closed'],
  ['timeout expired', 'unavailable', 'connect time-out'],
  ['timeout exceeded when trying to connect', 'unavailable', 'no free connection in time'],
  ['Query read timeout', 'unavailable', 'no answer in time'],
  ['SASL', 'misconfigured', 'authentication failed'],
  ['The server does not support SSL', 'misconfigured', 'server without TLS'],
]

/** Certificates that can't be trusted: OpenSSL's and Node's codes. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/**
 * Turns what pg or the network threw into the error of ours that says what to do next.
 *
 * Values never get through: an error of the server is replaced, not wrapped, since its `message`, `detail` and `where`
 * quote them. An error of the socket is kept as `cause`. A SQLSTATE outside the table becomes a plain error that names
 * it. Everything else, ours included, is returned as it came.
 */
export function classifyDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PipelineError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (SOCKET_CODES.has(code)) return new DatabaseUnavailableError({ state: code }, { cause: error })
  if (TLS_CODE.test(code)) return new DatabaseMisconfiguredError({ state: code }, { cause: error })
  if (SQLSTATE.test(code)) return fromSqlState(code, error)
  const known = DRIVER_MESSAGES.find(([start]) => error.message.startsWith(start))
  return known === undefined ? error : toError(known[1], { state: known[2] })
}

function fromSqlState(code: string, error: object): Error {
  const [, kind, meaning]: readonly [string, Kind, string] = SQLSTATE_RULES.find(([prefix]) =>
    code.startsWith(prefix),
  ) ?? [code, 'unknown', 'unforeseen']
  return toError(kind, toFault(`SQLSTATE ${code} (${meaning})`, error))
}

function toFault(state: string, error: object): DatabaseFault {
  const { schema, table, column, constraint } = error as Record<string, unknown>
  return {
    state,
    ...(typeof table === 'string' && { table: typeof schema === 'string' ? `${schema}.${table}` : table }),
    ...(typeof column === 'string' && { column }),
    ...(typeof constraint === 'string' && { constraint }),
  }
}

function toError(kind: Kind, fault: DatabaseFault): Error {
  switch (kind) {
    case 'unavailable':
      return new DatabaseUnavailableError(fault)
    case 'conflict':
      return new DatabaseConflictError(fault)
    case 'misconfigured':
      return new DatabaseMisconfiguredError(fault)
    case 'refused':
      return new DatabaseRefusedError(fault)
    case 'unknown':
      return new Error(`PostgreSQL failed: ${fault.state}`)
  }
}
