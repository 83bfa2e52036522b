import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

/** A name that no other process of this machine has while this one lives. */
export interface MachineLock {
  /** Within which the name is unique; undefined where it is not. */
  readonly machine: string | undefined
  /** Why nothing was locked; only where `machine` is undefined. */
  readonly reason?: string
  release(): void
}

/** Takes a name for this process. @returns undefined while another process has it, running or frozen */
export type AcquireMachineLock = (name: string) => Promise<MachineLock | undefined>

/** The kernel's own limit of a socket's address. Shorter ones are other addresses to another Node. */
const ADDRESS_LENGTH = 108

/**
 * Takes a name by listening on it, as an abstract Unix socket: the kernel gives it free at the moment in which the process
 * ends, however it ends, and not before. It is unique within a network namespace, so within a container or pod.
 *
 * Elsewhere than on Linux nothing is taken, and `machine` is undefined.
 */
export const acquireMachineLock: AcquireMachineLock = async (name) => {
  const machine = nameMachine()
  if (machine === undefined) return unlocked('the kernel does not say which machine this is')
  const server = createServer((socket) => socket.destroy())
  const digest = createHash('sha256').update(name).digest('hex')
  try {
    server.listen(`\0murmuration-${digest}`.padEnd(ADDRESS_LENGTH, '-'))
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return code === 'EADDRINUSE' ? undefined : unlocked(code)
  }
  // Somebody connects while this process may open no more files: the name is held all the same.
  server.on('error', () => undefined)
  server.unref()
  return { machine, release: () => void server.close() }
}

function unlocked(reason: string): MachineLock {
  return { machine: undefined, reason, release: () => undefined }
}

/** This boot of the machine, and this process's part of it. */
function nameMachine(): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${readlinkSync('/proc/self/ns/net')}`
  } catch {
    return undefined
  }
}
