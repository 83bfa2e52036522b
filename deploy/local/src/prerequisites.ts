import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { delimiter } from 'node:path'
import { findJava, type Java } from './java.ts'
import { LocalError, toMessage } from './local-error.ts'
import { type Env, findOnPath } from './on-path.ts'
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts'

export interface PrerequisiteOptions {
  /** Which parts will be started here. */
  readonly needs: { readonly kafka: boolean; readonly registry: boolean; readonly database: boolean }
  /** Folders that are written to, made where they are missing. */
  readonly folders: readonly string[]
  /** Bytes that have to be free on the disk of the first folder. */
  readonly freeBytes: number
  readonly env: Env
}

/** What was looked for and found. Absent when no part needs it. */
export interface Prerequisites {
  readonly java?: Java
  readonly postgres?: PostgresBinaries
}

/**
 * Looks for all that the stack needs from the machine, before anything is downloaded or started.
 *
 * @throws {LocalError} lists everything that is missing, each with how to get it
 */
export async function checkPrerequisites(options: PrerequisiteOptions): Promise<Prerequisites> {
  const { env, needs } = options
  const needsJava = needs.kafka || needs.registry
  if (process.platform === 'win32' && (needsJava || needs.database)) {
    throw new LocalError('Windows runs the stack in WSL 2 only. Open a WSL terminal, clone there, and run it again.')
  }
  const [java, postgres, ...problems] = await Promise.all([
    needsJava ? attempt(() => findJava(env)) : undefined,
    needs.database ? attempt(findPostgres) : undefined,
    needs.registry && findOnPath('tar', env) === undefined
      ? '"tar" is not on PATH. Install it by the package manager.'
      : '',
    findLoopbackProblem(),
    ...options.folders.map(findFolderProblem),
    findDiskProblem(options),
  ])
  const found = [java, postgres].flatMap((one) => (typeof one === 'string' ? [one] : []))
  const missing = [...found, ...problems.filter((text) => text !== '')]
  if (missing.length > 0) {
    throw new LocalError(
      `The stack cannot run on this machine yet:\n${missing.map((text) => `  - ${indent(text)}`).join('\n')}`,
    )
  }
  return {
    ...(typeof java === 'object' ? { java } : {}),
    ...(typeof postgres === 'object' ? { postgres } : {}),
  }
}

/** The result, or the message of what was thrown. */
async function attempt<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    return toMessage(error)
  }
}

/** A fresh network namespace has a loopback interface, but it is down: listening works, connecting does not. */
async function findLoopbackProblem(): Promise<string> {
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await once(connect({ host: '127.0.0.1', port, timeout: 2_000 }), 'connect')
    return ''
  } catch (error) {
    return `127.0.0.1 cannot be reached (${toMessage(error)}). Bring the loopback interface up: ip link set lo up.`
  } finally {
    server.close()
  }
}

async function findFolderProblem(folder: string): Promise<string> {
  // It becomes part of Java's class path.
  if (folder.includes(delimiter)) return `${folder} contains "${delimiter}", which Java cannot have. Move the clone.`
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK | constants.X_OK)
    return ''
  } catch (error) {
    return `${folder} cannot be written to (${toMessage(error)}). Give it to your user: sudo chown -R "$USER" "${folder}".`
  }
}

async function findDiskProblem(options: PrerequisiteOptions): Promise<string> {
  const [folder] = options.folders
  if (folder === undefined) return ''
  await mkdir(folder, { recursive: true }).catch(() => {})
  const disk = await statfs(folder).catch(() => undefined)
  if (disk === undefined) return ''
  const free = disk.bavail * disk.bsize
  if (free >= options.freeBytes) return ''
  return `${toMegabytes(free)} MB are free on the disk of ${folder}, and ${toMegabytes(options.freeBytes)} MB are needed. Make room.`
}

function toMegabytes(bytes: number): number {
  return Math.floor(bytes / 1e6)
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ')
}
