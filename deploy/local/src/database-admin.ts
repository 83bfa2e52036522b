import pg from 'pg'

/** A name that can stand in a URL and in SQL as it is. */
const PLAIN_NAME = /^[a-z][a-z0-9_]{0,62}$/

/**
 * Makes sure that a database exists.
 *
 * @param serverUrl    a URL of any database of that server, with a user who may create databases
 * @param options.name lower-case letters, digits and underscores
 * @returns the URL of the database
 * @throws {RangeError} the name is not plain
 * @throws the driver's error when the server does not answer or refuses
 */
export async function ensureDatabase(serverUrl: string, options: { readonly name: string }): Promise<string> {
  if (!PLAIN_NAME.test(options.name)) throw new RangeError(`"${options.name}" is no plain name for a database`)
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 2_000 })
  // The server may end the connection at any time; the query's own promise rejects then.
  client.on('error', () => {})
  await client.connect()
  try {
    const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [options.name])
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${options.name}`)
  } catch (error) {
    // 42P04: somebody else made it in the meantime.
    if (!(error instanceof pg.DatabaseError) || error.code !== '42P04') throw error
  } finally {
    await client.end().catch(() => {})
  }
  const url = new URL(serverUrl)
  url.pathname = `/${options.name}`
  return url.href
}
