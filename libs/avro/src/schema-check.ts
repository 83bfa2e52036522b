import type { ReaderFile, ReleasedFile, SchemaFile, SchemaFiles } from '@murmuration/schemas'
import { findIncompatibilities, type Incompatibility } from './schema-compatibility.ts'
import { findHouseProblems } from './schema-house-rules.ts'
import { fieldPaths, parseSchemaText, type RecordNode } from './schema-node.ts'
import type { SchemaProblem } from './schema-problem.ts'
import { findReleaseProblems, planReleases } from './schema-releases.ts'
import { explainReader, explainRelease } from './schema-sentences.ts'

/** What the check found. */
export interface SchemaReport {
  /** Empty when everything is fine. */
  readonly problems: readonly SchemaProblem[]
  /** Records whose current schema is not released yet, which is no problem. Empty where there are problems. */
  readonly unreleased: readonly string[]
  /**
   * Fields with a default that the last release has and the current schema has not: `message.text`. Avro lets them go,
   * and every reader silently gets the default from then on; a rename looks just like it. Empty where there are problems.
   */
  readonly dropped: readonly string[]
}

type Parsed<T extends SchemaFile> = T & { readonly root: RecordNode }

/**
 * Checks every schema of the repository, without a registry, and tells all problems at once: releases are frozen, the
 * current schema and each release read each other (FULL_TRANSITIVE), teams can read all of them, and the rules of the
 * house are kept.
 */
export function checkSchemas(files: SchemaFiles): SchemaReport {
  const invalid: SchemaProblem[] = []
  const current = parseAll(files.current, invalid)
  const released = parseAll(files.released, invalid)
  const readers = parseAll(files.readers, invalid)
  const of = <T extends SchemaFile>(list: readonly T[], record: string) => list.filter((file) => file.record === record)
  const problems = [
    ...invalid,
    ...files.readers.flatMap((file) => findStray(file, files)),
    ...files.strays.map(toStray),
    ...findReleaseProblems(files),
    ...current.flatMap((file) => findHouseProblems(file, file.root)),
    ...current.flatMap((file) => findBrokenReleases(file, of(released, file.record))),
    ...readers.flatMap((file) => findBrokenReader(file, of(current, file.record), of(released, file.record))),
  ]
  if (problems.length > 0) return { problems, unreleased: [], dropped: [] }
  return {
    problems,
    unreleased: planReleases(files).map(({ record }) => record),
    dropped: current.flatMap((file) => findDropped(file, of(released, file.record).at(-1))),
  }
}

function findDropped({ record, root }: Parsed<SchemaFile>, last: Parsed<ReleasedFile> | undefined): readonly string[] {
  if (last === undefined) return []
  const left = new Set(fieldPaths(root, record))
  const dropped = fieldPaths(last.root, record).filter((path) => !left.has(path))
  // What goes with the field that held it needs no line of its own.
  return dropped.filter((path) => !dropped.some((other) => path.startsWith(`${other}.`)))
}

function parseAll<T extends SchemaFile>(files: readonly T[], invalid: SchemaProblem[]): readonly Parsed<T>[] {
  return files.flatMap((file) => {
    const parsed = parseSchemaText(file.text)
    if (parsed.kind === 'schema') return [{ ...file, root: parsed.root }]
    const { record, path } = file
    invalid.push({ rule: 'invalid', record, path, message: `${path} is no Avro record: ${parsed.why}` })
    return []
  })
}

function findStray({ record, path, team }: ReaderFile, { current }: SchemaFiles): readonly SchemaProblem[] {
  if (current.some((file) => file.record === record)) return []
  const names = current.map((file) => file.record).join(', ')
  const message = `${path} of team ${team} names no record of ours. Name the file after one: ${names}.`
  return [{ rule: 'invalid', record, path, team, message }]
}

function toStray(path: string): SchemaProblem {
  const message = `${path} is not <team>/<record>.avsc, so nothing in it is protected. Move or rename it.`
  return { rule: 'invalid', record: '', path, message }
}

function findBrokenReleases(
  current: Parsed<SchemaFile>,
  released: readonly Parsed<ReleasedFile>[],
): readonly SchemaProblem[] {
  const { record, path, root } = current
  const all = [
    ...released.flatMap(({ release, root: old }) =>
      findIncompatibilities(old, root, record, { promote: 'numbers' }).map((found) => ({
        found,
        release,
        side: 'records' as const,
      })),
    ),
    ...released.flatMap(({ release, root: old }) =>
      findIncompatibilities(root, old, record, { promote: 'numbers' }).map((found) => ({
        found,
        release,
        side: 'readers' as const,
      })),
    ),
  ]
  const groups = Object.values(
    Object.groupBy(all, ({ found, side }) => {
      const types = side === 'records' ? [found.writer, found.reader] : [found.reader, found.writer]
      // Symbols that were lost and symbols that were gained are two stories; a type that changed is one.
      return JSON.stringify([found.path, found.kind, ...types, found.kind === 'symbols' && [side, found.detail]])
    }),
  )
  return groups.flatMap((group = []) => {
    const found = mergeDetails(group.map((one) => one.found))
    const releasesOf = (side: 'records' | 'readers') => group.flatMap((one) => (one.side === side ? [one.release] : []))
    const message = explainRelease({ found, records: releasesOf('records'), readers: releasesOf('readers') })
    return [{ rule: 'compatibility' as const, record, path, field: found.path, message }]
  })
}

function findBrokenReader(
  reader: Parsed<ReaderFile>,
  current: readonly Parsed<SchemaFile>[],
  released: readonly Parsed<ReleasedFile>[],
): readonly SchemaProblem[] {
  const { record, path, team } = reader
  const writers = [...current.map(({ root }) => ({ root, release: 0 })), ...released]
  const all = writers.flatMap(({ root, release }) =>
    findIncompatibilities(root, reader.root, record).map((found) => ({ found, release })),
  )
  const groups = Object.values(
    Object.groupBy(all, ({ found }) => JSON.stringify([found.path, found.kind, found.writer, found.reader])),
  )
  return groups.flatMap((group = []) => {
    const found = mergeDetails(group.map((one) => one.found))
    const numbers = group.map(({ release }) => release)
    const message = explainReader({
      found,
      team,
      path,
      current: numbers.includes(0),
      releases: numbers.filter((release) => release > 0),
    })
    return [{ rule: 'reader' as const, record, path, field: found.path, team, message }]
  })
}

/** Several branches of one field are one problem. */
function mergeDetails(found: readonly Incompatibility[]): Incompatibility {
  const [first] = found
  if (first === undefined) throw new RangeError('a group has a member')
  return { ...first, detail: [...new Set(found.map(({ detail }) => detail))].join(' or ') }
}
