import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LOCK_FILE, type ReleasedFile, type ReleaseLock, type SchemaFiles } from '@murmuration/schemas'
import type { SchemaProblem } from './schema-problem.ts'

/** A release to be written. */
export interface PlannedRelease extends ReleasedFile {
  readonly fingerprint: string
}

/**
 * SHA-256 of a schema file's canonical JSON, hex: keys sorted, no white space between them.
 *
 * It covers all that is said, docs, defaults, `values`, `personal` and the order of fields included, and unlike Avro's
 * own fingerprint, which leaves docs out: they are part of what was released. White space and the order of keys are free.
 * @throws {SyntaxError} the text is no JSON
 */
export function fingerprintOf(text: string): string {
  return createHash('sha256')
    .update(toCanonicalJson(JSON.parse(text)))
    .digest('hex')
}

function toCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, own]) => `${JSON.stringify(key)}:${toCanonicalJson(own)}`).join(',')}}`
}

/** The next release of each record whose current schema is not its last one. The schemas have passed the check. */
export function planReleases({ current, released }: SchemaFiles): readonly PlannedRelease[] {
  return current.flatMap(({ record, text }) => {
    const fingerprint = fingerprintOf(text)
    const last = released.findLast((file) => file.record === record)
    if (last !== undefined && fingerprintOf(last.text) === fingerprint) return []
    const release = (last?.release ?? 0) + 1
    return [{ record, release, path: `schemas/${record}/released/${release}.avsc`, text, fingerprint }]
  })
}

/** The lock with these releases in it: records and releases in order. */
export function lockReleases(lock: ReleaseLock, planned: readonly PlannedRelease[]): ReleaseLock {
  const next: Record<string, Record<string, string>> = {}
  for (const record of [...new Set([...Object.keys(lock), ...planned.map((release) => release.record)])].sort())
    next[record] = { ...lock[record] }
  for (const { record, release, fingerprint } of planned) next[record] = { ...next[record], [release]: fingerprint }
  return next
}

/** Writes releases and then the lock: where it ends in between, the check names the files that the lock misses. */
export function writeReleases(folder: string, planned: readonly PlannedRelease[], lock: ReleaseLock): void {
  for (const { record, release, text } of planned) {
    const path = join(folder, record, 'released', `${release}.avsc`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  writeFileSync(join(folder, LOCK_FILE), `${JSON.stringify(lockReleases(lock, planned), null, 2)}\n`)
}

/** Every way in which the releases are not what they were when they were released. */
export function findReleaseProblems({ released, lock }: SchemaFiles): readonly SchemaProblem[] {
  const [first] = released
  if (first !== undefined && Object.keys(lock).length === 0) {
    const path = `schemas/${LOCK_FILE}`
    const message = `${path} is gone or empty, so nothing proves that releases are what they were. Restore it: git checkout -- ${path}`
    return [{ rule: 'release', record: first.record, path, message }]
  }
  const edited = released.flatMap((file) => {
    const message = problemOf(file, lock[file.record]?.[file.release])
    return message === undefined ? [] : [{ rule: 'release' as const, record: file.record, path: file.path, message }]
  })
  const removed = Object.entries(lock).flatMap(([record, releases]) =>
    Object.keys(releases)
      .filter((release) => !released.some((file) => file.record === record && String(file.release) === release))
      .map((release): SchemaProblem => {
        const path = `schemas/${record}/released/${release}.avsc`
        const message = `${path} is gone: a release stays for ever, since records and readers of it do. Restore it: git checkout -- ${path}`
        return { rule: 'release', record, path, message }
      }),
  )
  return [...edited, ...removed]
}

function problemOf({ path, text, record }: ReleasedFile, locked: string | undefined): string | undefined {
  if (locked === undefined)
    return `${path} is not in schemas/released.lock.json: nobody released it. Take the file away, or restore the lock where a merge lost its line; \`murmur schemas release\` makes releases.`
  if (matches(text, locked)) return undefined
  return `${path} was edited after its release. Restore it (git checkout -- ${path}); changes go into schemas/${record}/v1.avsc.`
}

function matches(text: string, locked: string): boolean {
  try {
    return fingerprintOf(text) === locked
  } catch {
    return false
  }
}
