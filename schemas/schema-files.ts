import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { recordNames } from './catalog.ts'

/** One schema as it lies on the disk. */
export interface SchemaFile {
  /** The record whose topic it describes, by the name of its folder or file; of a reader's schema not proven to exist. */
  readonly record: string
  /** For people, from the root of the repository: `schemas/message/v1.avsc`. */
  readonly path: string
  /** As on the disk: it may be no JSON at all. */
  readonly text: string
}

/** A schema as it was released; never changes afterwards. */
export interface ReleasedFile extends SchemaFile {
  /** 1 is the first release of that record. */
  readonly release: number
}

/** What a team reads of a record. */
export interface ReaderFile extends SchemaFile {
  readonly team: string
}

/** Fingerprints of all releases: record → release → SHA-256 in hex. */
export type ReleaseLock = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Every schema of the repository. */
export interface SchemaFiles {
  /** One per record of the catalog. */
  readonly current: readonly SchemaFile[]
  /** By record, oldest first. */
  readonly released: readonly ReleasedFile[]
  readonly readers: readonly ReaderFile[]
  readonly lock: ReleaseLock
}

/** The folder of the schemas, with its last slash. */
export const schemasFolder = fileURLToPath(new URL('./', import.meta.url))

export const LOCK_FILE = 'released.lock.json'

/** Reads every schema below the folder. @throws where a v1.avsc is missing or the lock is no JSON: a broken checkout. */
export function loadSchemaFiles(folder = schemasFolder): SchemaFiles {
  const read = (path: string) => ({ path: `schemas/${path}`, text: readFileSync(`${folder}${path}`, 'utf8') })
  const released = foldersIn(folder).flatMap((record) =>
    filesIn(`${folder}${record}/released`)
      .flatMap((name) => (/^\d+\.avsc$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => a - b)
      .map((release) => ({ record, release, ...read(`${record}/released/${release}.avsc`) })),
  )
  const readers = foldersIn(`${folder}readers`).flatMap((team) =>
    filesIn(`${folder}readers/${team}`)
      .filter((name) => name.endsWith('.avsc'))
      .map((name) => ({ team, record: name.slice(0, -'.avsc'.length), ...read(`readers/${team}/${name}`) })),
  )
  return {
    current: recordNames.map((record) => ({ record, ...read(`${record}/v1.avsc`) })),
    released,
    readers,
    lock: existsSync(`${folder}${LOCK_FILE}`) ? (JSON.parse(read(LOCK_FILE).text) as ReleaseLock) : {},
  }
}

function foldersIn(path: string): readonly string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() && entry.name !== 'node_modules' ? [entry.name] : [])).sort()
}

function filesIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path).sort() : []
}
