import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
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
  /** Files among the readers' that nobody reads: not `<team>/<record>.avsc`, and no README. From the root, as `path`. */
  readonly strays: readonly string[]
  readonly lock: ReleaseLock
}

/** The folder of the schemas, with its last slash. */
export const schemasFolder = fileURLToPath(new URL('./', import.meta.url))

export const LOCK_FILE = 'released.lock.json'

/** Reads every schema below the folder. @throws {Error} a v1.avsc is missing, or the lock is no JSON: a broken checkout */
export function loadSchemaFiles(folder = schemasFolder): SchemaFiles {
  const read = (path: string) => ({ path: `schemas/${path}`, text: readFileSync(`${folder}${path}`, 'utf8') })
  const released = foldersIn(folder).flatMap((record) =>
    filesIn(`${folder}${record}/released`)
      .flatMap((name) => (/^[1-9]\d*\.avsc$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => a - b)
      .map((release) => ({ record, release, ...read(`${record}/released/${release}.avsc`) })),
  )
  const given = filesBelow(`${folder}readers`).map((path) => ({ path, parts: /^([^/]+)\/([^/]+)\.avsc$/.exec(path) }))
  const readers = given.flatMap(({ path, parts }): readonly ReaderFile[] => {
    const [, team, record] = parts ?? []
    return team === undefined || record === undefined ? [] : [{ team, record, ...read(`readers/${path}`) }]
  })
  const strays = given.flatMap(({ path, parts }) =>
    parts === null && !/(^|\/)README\.md$/.test(path) ? [`schemas/readers/${path}`] : [],
  )
  return {
    current: recordNames.map((record) => ({ record, ...read(`${record}/v1.avsc`) })),
    released,
    readers,
    strays,
    lock: existsSync(`${folder}${LOCK_FILE}`) ? parseLock(read(LOCK_FILE)) : {},
  }
}

function parseLock({ path, text }: Pick<SchemaFile, 'path' | 'text'>): ReleaseLock {
  try {
    return JSON.parse(text) as ReleaseLock
  } catch (cause) {
    throw new Error(`${path} is no JSON. Restore it: git checkout -- ${path}`, { cause })
  }
}

function foldersIn(path: string): readonly string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() && entry.name !== 'node_modules' ? [entry.name] : [])).sort()
}

/** Paths from there, sorted. */
function filesBelow(path: string): readonly string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true, recursive: true })
  return entries.flatMap((entry) => (entry.isFile() ? [relative(path, join(entry.parentPath, entry.name))] : [])).sort()
}

function filesIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path).sort() : []
}
