import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChildOptions, runChild, spawnChild } from './child.ts'
import { ensureDatabase } from './database-admin.ts'
import { freePort } from './free-port.ts'
import { type Env, toChildEnv } from './on-path.ts'
import { type OnExit, type Part, startPart, withProperties } from './part.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { findUnprivileged, type Unprivileged } from './unprivileged.ts'

export interface PostgresPart extends Part {
  /** `postgres://murmur:…@127.0.0.1:port/murmur`, with its password: never log it. The same after a restart. */
  readonly url: string
}

export interface PostgresOptions {
  readonly binaries: PostgresBinaries
  /** Its own folder, made when new. */
  readonly dataDir: string
  readonly logDir: string
  readonly env: Env
  /** The effective user of this process. */
  readonly uid: number
  readonly onExit?: OnExit | undefined
  readonly signal?: AbortSignal | undefined
}

const USER = 'murmur'
const DATABASE = 'murmur'

/** No Unix socket, no shared memory outside of the data folder: a SIGKILL leaves nothing on the machine. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  dynamic_shared_memory_type: 'mmap',
  fsync: 'on',
  shared_buffers: '16MB',
  max_connections: '60',
  max_wal_size: '256MB',
  // No worker processes for reads that the page cache answers.
  io_method: 'sync',
  jit: 'off',
  max_parallel_workers: '0',
  max_logical_replication_workers: '0',
}

/**
 * Starts PostgreSQL on a free port of 127.0.0.1, with the user and database `murmur`.
 *
 * @throws {LocalError} it could not be set up, ended, or was not ready in 60 s
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresPart> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const cluster = join(options.dataDir, 'cluster')
  const runAs = await findUnprivileged({ uid: options.uid, env: options.env })
  await giveTo(options.dataDir, { runAs, options })
  const password = await readPassword(options.dataDir)

  function run(words: readonly string[]): ChildOptions {
    const [command = '', ...args] = [...runAs.command, ...words]
    return {
      name: 'database',
      command,
      args,
      cwd: options.dataDir,
      env: toChildEnv(options.env),
      logFile: join(options.logDir, 'database.log'),
      ...(runAs.uid === undefined ? {} : { uid: runAs.uid }),
    }
  }

  if (!existsSync(cluster)) {
    const fresh = await makeCluster(options, { run, runAs, password })
    await rename(fresh, cluster)
  }
  await giveTo(cluster, { runAs, options })

  const port = await freePort()
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ])
  const server = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`
  const part = await startPart({
    name: 'database',
    launch: () => spawnChild(run([options.binaries.postgres, '-D', cluster, ...settings])),
    probe: async () => void (await ensureDatabase(server, { name: DATABASE })),
    // Fast shutdown: it ends the sessions and writes a checkpoint. SIGTERM would wait for the clients to leave.
    stopSignal: 'SIGINT',
    onExit: options.onExit,
    signal: options.signal,
  })
  return withProperties(part, { url: `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}` })
}

/** Made beside its place, so that a crash leaves no half-made one; the caller renames it. */
async function makeCluster(
  options: PostgresOptions,
  how: {
    readonly run: (words: readonly string[]) => ChildOptions
    readonly runAs: Unprivileged
    readonly password: string
  },
): Promise<string> {
  const fresh = join(options.dataDir, 'cluster.new')
  const passwordFile = join(options.dataDir, 'initdb-password')
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { mode: 0o700 })
  await writeFile(passwordFile, how.password, { mode: 0o600 })
  await giveTo(fresh, { runAs: how.runAs, options })
  await giveTo(passwordFile, { runAs: how.runAs, options })
  const words = ['-D', fresh, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8']
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions']
  // --no-sync: nothing is in it that could be lost, and a power cut in this second means making it again.
  const child = how.run([options.binaries.initdb, ...words, ...locale, '--no-sync'])
  try {
    await runChild({ ...child, signal: options.signal })
  } finally {
    await rm(passwordFile, { force: true })
  }
  return fresh
}

/** Only root has to: PostgreSQL wants to own its folder. */
async function giveTo(path: string, how: { readonly runAs: Unprivileged; readonly options: PostgresOptions }) {
  if (how.options.uid !== 0 || (await stat(path)).uid === how.runAs.ownerUid) return
  await runChild({
    name: 'chown',
    command: 'chown',
    args: ['-R', `${how.runAs.ownerUid}:${how.runAs.ownerUid}`, path],
    env: toChildEnv(how.options.env),
    logFile: join(how.options.logDir, 'database.log'),
    signal: how.options.signal,
  })
}

async function readPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'password')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known !== '') return known.trim()
  const password = randomBytes(24).toString('base64url')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}
