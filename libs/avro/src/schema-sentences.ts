import type { Incompatibility } from './schema-compatibility.ts'

/** An incompatibility between the current schema and some releases; one sentence tells all of them. */
export interface BrokenRelease {
  readonly found: Incompatibility
  /** Releases whose records the current schema can't read, oldest first. */
  readonly records: readonly number[]
  /** Releases whose readers can't read what the current schema writes, oldest first. */
  readonly readers: readonly number[]
}

/** An incompatibility between a team's schema and what is written. */
export interface BrokenReader {
  readonly found: Incompatibility
  readonly team: string
  /** File of the team's schema. */
  readonly path: string
  /** Whether the current schema is one that it can't read: otherwise only older records are. */
  readonly current: boolean
  /** Releases that it can't read, oldest first. */
  readonly releases: readonly number[]
}

/** What a change breaks, why, and what to do instead, for somebody who has never seen these schemas. */
export function explainRelease({ found, records, readers }: BrokenRelease): string {
  const { path, kind, writer, reader, detail } = found
  if (kind === 'no-default' && readers.length > 0)
    return `${path} was removed, and readers of ${releases(readers)} need it: it has no default there. Put it back. A released field without a default stays until the topic gets a new generation.`
  if (kind === 'no-default')
    return `${path} has no default, and records of ${releases(records)} do not have the field. Give it a default.`
  if (kind === 'aliases')
    return `${path} has aliases that match more than one field of ${releases([...records, ...readers])}: ${detail}. Keep one of them.`
  const consequences = [
    ...(records.length > 0 ? [`records of ${releases(records)} can't be read any more`] : []),
    ...(readers.length > 0 ? [`readers of ${releases(readers)} can't read new records`] : []),
  ].join(', and ')
  if (kind === 'symbols')
    return readers.length > 0
      ? `${path} gained symbols (${detail}): ${consequences}. Take them back, and put them into a new field that is a string.`
      : `${path} lost symbols (${detail}): ${consequences}. Put them back.`
  const advice =
    kind === 'name'
      ? 'Put the name back: readers find a record by it.'
      : 'Put the type back, and give the new one a field of its own, with a default.'
  // `found` is of records where any are broken, since those come first.
  const [was, is] = records.length > 0 ? [writer, reader] : [reader, writer]
  const oneWay = records.length === 0 || readers.length === 0
  const where = oneWay && detail !== '' && detail !== writer ? ` where it is ${detail}` : ''
  return `${path} was ${was} and is ${is}: ${consequences}${where}. ${advice}`
}

/** The same where only a team's reader breaks: who reads what, and who of the two can mend it. */
export function explainReader({ found, team, path: file, current, releases: older }: BrokenReader): string {
  const { path, kind, writer, reader, detail } = found
  const written = [...(current ? ['the current schema'] : []), ...(older.length > 0 ? [releases(older)] : [])].join(
    ' and ',
  )
  const mends = current && older.length === 0
  if (kind === 'no-default')
    return `Team ${team} reads ${path} and gives it no default (${file}), but records of ${written} do not have the field. ${
      mends
        ? 'Put the field back, or agree with the team that it gives its field a default.'
        : 'Give it a default in that file, or leave it out.'
    }`
  if (kind === 'aliases')
    return `Team ${team} reads ${path} by aliases that match more than one field of ${written} (${file}): ${detail}. Keep one of them in that file.`
  const what = kind === 'symbols' ? `does not know its symbols ${detail}` : `reads it as ${reader}`
  const misses = kind === 'symbols' || detail === '' || detail === writer ? '' : `, which can't be ${detail}`
  const advice = mends
    ? `Take the change back, or agree with the team that it reads ${writer} first.`
    : `Read it as ${writer} in that file.`
  return `${path} is ${writer} in ${written}, and team ${team} ${what}${misses} (${file}). ${advice}`
}

/** `release 1`, `releases 1 and 2`, `releases 1, 2 and 3`; each once, oldest first. */
export function releases(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b)
  if (sorted.length < 2) return `release ${sorted.join('')}`
  return `releases ${sorted.slice(0, -1).join(', ')} and ${sorted.at(-1)}`
}
