import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Database } from './create-database.ts'
import { createDatabase } from './create-database.ts'
import {
  DatabaseConflictError,
  DatabaseMisconfiguredError,
  DatabaseRefusedError,
  DatabaseUnavailableError,
} from './errors.ts'
import type { FreshDatabase } from './fresh-database.ts'
import { createFreshDatabase } from './fresh-database.ts'

let fresh: FreshDatabase
const opened: Database[] = []

function open(options: { readonly url?: string; readonly statementTimeoutMs?: number } = {}) {
  const reported: unknown[] = []
  const waiting: (() => void)[] = []
  const database = createDatabase({
    url: options.url === undefined ? fresh.url : { reveal: () => options.url ?? '' },
    maxConnections: 2,
    statementTimeoutMs: options.statementTimeoutMs ?? 5_000,
    connectTimeoutMs: 2_000,
    applicationName: 'database-test',
    onError: (error) => {
      reported.push(error)
      for (const wake of waiting.splice(0)) wake()
    },
  })
  opened.push(database)
  const nextReport = () => new Promise<void>((resolve) => waiting.push(resolve))
  return { database, reported, nextReport }
}

async function backendOf(target: Pick<Database, 'query'>): Promise<unknown> {
  return (await target.query('select pg_backend_pid() as pid')).rows[0]?.pid
}

async function countRows(database: Database): Promise<unknown> {
  return (await database.query('select count(*)::int as n from things')).rows[0]?.n
}

beforeAll(async () => {
  fresh = await createFreshDatabase({
    serverUrl: inject('databaseUrl'),
    name: `database_${randomUUID().replaceAll('-', '')}`,
  })
  await open().database.query('create table things (id int primary key)')
})

afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()))
  await fresh.drop()
})

describe('createDatabase', () => {
  it('commits what a transaction did, and rolls all of it back when it throws', async () => {
    const { database } = open()
    await database.query('delete from things')
    await database.transaction((tx) => tx.query('insert into things values (1)'))
    const failing = database.transaction(async (tx) => {
      await tx.query('insert into things values (2)')
      throw new RangeError('ours')
    })
    await expect(failing).rejects.toThrow(RangeError)
    expect(await countRows(database)).toBe(1)
  })

  it('rolls back when the signal aborts before the commit', async () => {
    const { database } = open()
    await database.query('delete from things')
    const abort = new AbortController()
    const work = database.transaction(
      async (tx) => {
        await tx.query('insert into things values (3)')
        abort.abort(new Error('partition lost'))
      },
      { signal: abort.signal },
    )
    await expect(work).rejects.toThrow('partition lost')
    expect(await countRows(database)).toBe(0)
  })

  it('survives the death of an idle connection, reports it, and connects again', async () => {
    const { database, reported, nextReport } = open()
    const pid = await backendOf(database)
    const report = nextReport()
    await open().database.query('select pg_terminate_backend($1)', [pid])
    await report
    expect(reported[0]).toBeInstanceOf(DatabaseUnavailableError)
    await database.check()
  })

  it('survives the death of a connection between two statements of a transaction', async () => {
    const { database, nextReport } = open()
    const work = database.transaction(async (tx) => {
      const report = nextReport()
      await open().database.query('select pg_terminate_backend($1)', [await backendOf(tx)])
      await report
      await tx.query('select 1')
    })
    await expect(work).rejects.toBeInstanceOf(DatabaseUnavailableError)
    await database.check()
  })

  it('gives up on a lock that another transaction holds, as a conflict', async () => {
    const { database } = open({ statementTimeoutMs: 400 })
    await database.query('insert into things values (10) on conflict do nothing')
    await database.transaction(async (holder) => {
      await holder.query('select * from things where id = 10 for update')
      const waiting = database.query('update things set id = 10 where id = 10')
      await expect(waiting).rejects.toBeInstanceOf(DatabaseConflictError)
    })
  })

  it('refuses a row against a constraint, without quoting it, and keeps the connection', async () => {
    const { database } = open()
    await database.query('insert into things values (77001) on conflict do nothing')
    const again = database.transaction((tx) => tx.query('insert into things values (77001)'))
    const error = await again.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DatabaseRefusedError)
    expect(String(error)).not.toContain('77001')
    await database.check()
  })

  it('says that the set-up is wrong for a missing table, a missing database and an unreadable address', async () => {
    const { database } = open()
    await expect(database.query('select * from nothing_here')).rejects.toBeInstanceOf(DatabaseMisconfiguredError)
    const elsewhere = new URL(fresh.url.reveal())
    elsewhere.pathname = '/no_such_database'
    await expect(open({ url: elsewhere.href }).database.check()).rejects.toBeInstanceOf(DatabaseMisconfiguredError)
    expect(() => open({ url: 'postgres://u:p@[x/y' })).toThrow(DatabaseMisconfiguredError)
    expect(() => open({ url: 'mysql://u:p@h/d' })).toThrow(DatabaseMisconfiguredError)
  })

  it('says unavailable when nobody listens, and when the peer never answers', async () => {
    const silent = createServer((socket) => socket.resume())
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as { port: number }
    const unanswered = open({ url: `postgres://u@127.0.0.1:${port}/d` }).database.check()
    await expect(unanswered).rejects.toBeInstanceOf(DatabaseUnavailableError)
    await new Promise((resolve) => silent.close(resolve))
    const refused = open({ url: `postgres://u@127.0.0.1:${port}/d` }).database.check()
    await expect(refused).rejects.toBeInstanceOf(DatabaseUnavailableError)
  })

  it('may be closed twice', async () => {
    const { database } = open()
    await database.check()
    await Promise.all([database.close(), database.close()])
  })
})
