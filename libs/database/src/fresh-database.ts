import pg from 'pg'
import type { SecretText } from './connect-options.ts'

/** A database of its own for one test file, on a server that others use too. */
export interface FreshDatabase {
  readonly url: SecretText
  /** Ends every session in it, then removes it. */
  drop(): Promise<void>
}

/**
 * Makes an empty database. For tests only.
 *
 * @param input.serverUrl a database whose user may create others
 * @param input.name      lower case; unique, e.g. made of a random UUID
 */
export async function createFreshDatabase(input: {
  readonly serverUrl: string
  readonly name: string
}): Promise<FreshDatabase> {
  await runAlone(input.serverUrl, `create database "${input.name}"`)
  const url = new URL(input.serverUrl)
  url.pathname = `/${input.name}`
  return {
    url: { reveal: () => url.href },
    drop: () => runAlone(input.serverUrl, `drop database "${input.name}" with (force)`),
  }
}

async function runAlone(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
