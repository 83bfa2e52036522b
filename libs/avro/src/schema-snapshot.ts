import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** What went wrong with the snapshot; the look-up itself goes on. */
export type SnapshotTrouble =
  /** A file is torn or changed, or the disk does not give it: it counts as none. */
  | 'unreadable'
  /** Disk full, read-only, gone: nothing is kept. */
  | 'unwritable'
  /** The registry gives another answer than the one that was kept: it is another registry, and all of it is dropped. */
  | 'contradicted'

/** Answers of one registry, on disk. */
export interface SchemaSnapshot {
  /** Keeps an answer under a name of `a-z`, `0-9` and `-`. Never throws. */
  keep(name: string, answer: object): Promise<void>
  /** What was kept; undefined when nothing was, or it can't be trusted. */
  recall(name: string): Promise<unknown>
}

/**
 * Opens the snapshot of one registry. Several processes may share the folder.
 *
 * Ids mean something at one registry only, so each URL has a folder of its own, and an answer that contradicts what was
 * kept empties it. One file per answer: its SHA-256, a line break, and the answer as JSON; renamed into place.
 */
export function openSchemaSnapshot(options: {
  readonly dir: string
  /** Of the registry, without credentials. */
  readonly url: string
  readonly onTrouble: (trouble: SnapshotTrouble, error?: unknown) => void
}): SchemaSnapshot {
  const folder = join(options.dir, sha256(options.url).slice(0, 16))

  async function recall(name: string): Promise<unknown> {
    try {
      return parseEntry(await readFile(join(folder, name), 'utf8'))
    } catch (error) {
      if (!isMissing(error)) options.onTrouble('unreadable', error)
      return undefined
    }
  }

  async function keep(name: string, answer: object): Promise<void> {
    const kept = await recall(name)
    if (isDeepStrictEqual(kept, answer)) return
    try {
      if (kept !== undefined) {
        options.onTrouble('contradicted')
        await rm(folder, { recursive: true, force: true })
      }
      await mkdir(folder, { recursive: true })
      const fresh = join(folder, `${name}.${randomUUID()}.new`)
      await writeFile(fresh, toEntry(answer), { flush: true })
      await rename(fresh, join(folder, name))
    } catch (error) {
      options.onTrouble('unwritable', error)
    }
  }

  return { keep, recall }
}

function toEntry(answer: object): string {
  const json = JSON.stringify(answer)
  return `${sha256(json)}\n${json}`
}

function parseEntry(text: string): unknown {
  const end = text.indexOf('\n')
  const json = text.slice(end + 1)
  if (end === -1 || text.slice(0, end) !== sha256(json)) throw new Error('an entry was torn or changed')
  return JSON.parse(json)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
