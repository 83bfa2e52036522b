import pg from 'pg'
import { DatabaseMisconfiguredError } from './errors.ts'

/** A text that prints as redacted until it is revealed; `Secret` of @murmuration/config is one. */
export interface SecretText {
  reveal(): string
}

export interface ConnectInput {
  /** `postgres://user:password@host:port/database`; its query string is pg's (`sslmode`, …) and wins over the rest. */
  readonly url: SecretText
  /** Longest time until a connection stands, milliseconds. */
  readonly connectTimeoutMs: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
}

/**
 * What every connection of ours has in common.
 *
 * @throws {DatabaseMisconfiguredError} the address can't be read. pg would throw too, with the password in the error.
 */
export function toConnectOptions({ url, connectTimeoutMs, applicationName }: ConnectInput): pg.ClientConfig {
  const options: pg.ClientConfig = {
    connectionString: url.reveal(),
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: applicationName,
    keepAlive: true, // default off: a peer that vanished without a word would be found by time-outs only
    keepAliveInitialDelayMillis: 10_000, // default: the system's, often two hours
  }
  if (!/^postgres(ql)?:\/\//.test(url.reveal()) || !isReadable(options)) {
    throw new DatabaseMisconfiguredError({ state: 'the address is not postgres://user:password@host:port/database' })
  }
  return options
}

function isReadable(options: pg.ClientConfig): boolean {
  try {
    new pg.Client(options) // reads the address; connects only on connect()
    return true
  } catch {
    return false
  }
}
