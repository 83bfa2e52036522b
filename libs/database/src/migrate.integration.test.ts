import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Database } from './create-database.ts'
import { createDatabase } from './create-database.ts'
import { DatabaseMisconfiguredError, DatabaseRefusedError } from './errors.ts'
import type { FreshDatabase } from './fresh-database.ts'
import { createFreshDatabase } from './fresh-database.ts'
import { migrate } from './migrate.ts'
import { pendingMigrations } from './pending-migrations.ts'

let fresh: FreshDatabase
let database: Database
let migrationsDir: string
let schema: string

beforeAll(async () => {
  fresh = await createFreshDatabase({
    serverUrl: inject('databaseUrl'),
    name: `migrate_${randomUUID().replaceAll('-', '')}`,
  })
  database = createDatabase({
    url: fresh.url,
    maxConnections: 2,
    statementTimeoutMs: 5_000,
    connectTimeoutMs: 2_000,
    applicationName: 'migrate-test',
    onError: () => {},
  })
})

afterAll(async () => {
  await database.close()
  await fresh.drop()
})

beforeEach(async () => {
  schema = `s_${randomUUID().replaceAll('-', '')}`
  migrationsDir = await mkdtemp(join(tmpdir(), 'migrate-'))
  await writeFile(join(migrationsDir, '0001_first.sql'), `create table ${schema}.things (id int primary key);`)
  await writeFile(join(migrationsDir, '0002_second.sql'), `insert into ${schema}.things values (1), (2);`)
  return () => rm(migrationsDir, { recursive: true })
})

function run(onProgress: (name: string) => void = () => {}) {
  return migrate({ url: fresh.url, migrationsDir, schema, onProgress })
}

describe('migrate', () => {
  it('applies what is missing, in order, tells of each, and then finds nothing to do', async () => {
    const told: string[] = []
    expect(await run((name) => told.push(name))).toEqual(['0001_first', '0002_second'])
    expect(told).toEqual(['0001_first', '0002_second'])
    expect(await run()).toEqual([])
  })

  it('applies each migration once when several run at once', async () => {
    const runs = await Promise.all([run(), run(), run()])
    expect(runs.flat().sort()).toEqual(['0001_first', '0002_second'])
  })

  it('keeps what came before a migration that fails, undoes the failed one, and quotes none of its values', async () => {
    await writeFile(join(migrationsDir, '0003_bad.sql'), `insert into ${schema}.things values (3), (88001), (88001);`)
    const error = await run().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DatabaseRefusedError)
    expect(String(error)).not.toContain('88001')
    expect(await pendingMigrations(database, { migrationsDir, schema })).toEqual(['0003_bad'])
    expect((await database.query(`select id from ${schema}.things where id = 3`)).rowCount).toBe(0)
  })

  it('refuses a file that was put before one already applied', async () => {
    await run()
    await writeFile(join(migrationsDir, '0001_earlier.sql'), 'select 1;')
    await expect(run()).rejects.toThrow(/preceding/)
  })

  it('says that the privilege is missing when it may not create in the schema', async () => {
    await run()
    const role = `r_${randomUUID().replaceAll('-', '')}`
    await database.query(`create role ${role} login password 'x'`)
    const url = new URL(fresh.url.reveal())
    url.username = role
    url.password = 'x'
    const denied = migrate({ url: { reveal: () => url.href }, migrationsDir, schema, onProgress: () => {} })
    await expect(denied).rejects.toBeInstanceOf(DatabaseMisconfiguredError)
    await database.query(`drop role ${role}`)
  })
})

describe('pendingMigrations', () => {
  it('names every file before the first run, and none after it', async () => {
    expect(await pendingMigrations(database, { migrationsDir, schema })).toEqual(['0001_first', '0002_second'])
    await run()
    expect(await pendingMigrations(database, { migrationsDir, schema })).toEqual([])
  })
})
