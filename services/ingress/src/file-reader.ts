import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Reads files, and knows afterwards whether one of them has changed since. */
export interface FileReader {
  /** The text of a file. @throws what reading it throws */
  read(file: string): string
  /** Digest of what the files held when they were read; one that could not be read counts as well. */
  seen(): string
  /** Digest of what the same files hold now. */
  now(): string
}

/**
 * Creates a reader. Its digest is of the very bytes that it returned: a file that changes between being read and being
 * looked at again is a change, and is not taken for what was read.
 */
export function createFileReader(): FileReader {
  const digests = new Map<string, string>()
  return {
    read(file) {
      try {
        const bytes = readFileSync(file)
        if (!digests.has(file)) digests.set(file, digestOf(bytes))
        return bytes.toString('utf8')
      } catch (error) {
        if (!digests.has(file)) digests.set(file, reasonOf(error))
        throw error
      }
    },
    seen: () => join(digests),
    now: () => join([...digests.keys()].map((file) => [file, digestNow(file)] as const)),
  }
}

function digestNow(file: string): string {
  try {
    return digestOf(readFileSync(file))
  } catch (error) {
    return reasonOf(error)
  }
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64')
}

function reasonOf(error: unknown): string {
  return `unreadable: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`
}

function join(digests: Iterable<readonly [string, string]>): string {
  return JSON.stringify([...digests])
}
