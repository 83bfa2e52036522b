import type { Collection } from './collect.ts'
import type { Plan } from './plan-parked.ts'
import { type DeadLetter, type ParkedRecord, placeOf, type SetAsideRecord } from './set-aside-record.ts'

/** Of what is left as it is, the first ones are told; the rest is counted. */
const MAX_LEFT_LINES = 10

const HEAD = ['consumer', 'topic/partition/offset', 'key', 'event id', 'failure', 'tries', 'age']

/** Parked records as a table, and how many there are. Pure. */
export function renderParked(found: Collection<ParkedRecord>, nowMs: number): string {
  const rows = found.chosen.map((record) => [...cellsOf(record, nowMs), describeTurn(record, nowMs)])
  return [...table([...HEAD, 'what is next'], rows), countOf('parked', found)].join('\n')
}

/** Dead letters as a table, and how many there are. Pure. */
export function renderLetters(found: Collection<DeadLetter>, nowMs: number): string {
  const rows = found.chosen.map((letter) => [...cellsOf(letter, nowMs), describeState(letter)])
  const { othersMatched } = found
  const others = othersMatched > 0 ? `; ${othersMatched} were put back or are copies: --redriven shows them too` : ''
  return [...table([...HEAD, 'state'], rows), `${countOf('dead letters', found)}${others}`].join('\n')
}

/** What was done, or would be, and what was left. Pure. */
export function renderPlan<R extends SetAsideRecord>(
  { steps, skipped }: Plan<R>,
  input: {
    readonly done: string
    readonly planned: string
    readonly dryRun: boolean
    readonly left: number
    readonly more: number
  },
): string {
  const verb = input.dryRun ? input.planned : input.done
  return [
    ...steps.map(({ about, id }) => `${verb} ${describe(about)}${input.dryRun ? '' : `  operation ${id}`}`),
    ...skipped.slice(0, MAX_LEFT_LINES).map(({ record, why }) => `left ${describe(record)}: ${why}`),
    `${steps.length} ${verb}, ${input.left} left as they are`,
    ...(input.more > 0 ? [`${input.more} more match: repeat the command, or raise --limit`] : []),
  ].join('\n')
}

/** A record for programs: where it is and why, without its contents. Pure. */
export function toJson(record: SetAsideRecord) {
  const { record: stored, ...facts } = record
  const key = stored.key === null ? null : stored.key.toString('utf8')
  return { ...facts, key, storedIn: stored.topic, storedOffset: stored.offset }
}

/** A duration in its largest unit, rounded down. Pure. */
export function describeDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 100) return `${seconds} s`
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`
  return seconds < 72 * 3_600 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

function describe(record: SetAsideRecord): string {
  return `${placeOf(record)} of ${record.consumer} (${record.eventId === null ? 'event id unknown' : show(record.eventId ?? '')})`
}

function cellsOf(record: SetAsideRecord, nowMs: number): readonly string[] {
  const { key } = record.record
  return [
    record.consumer,
    placeOf(record),
    key === null ? '-' : show(key.toString('utf8')),
    record.eventId === null || record.eventId === undefined ? '-' : show(record.eventId),
    show(record.reason),
    String(record.tries),
    describeDuration(nowMs - record.setAsideAtMs),
  ]
}

function describeTurn({ ahead, dueAtMs, ordered, redrive }: ParkedRecord, nowMs: number): string {
  const turn = ahead > 0 ? `behind ${ahead}` : dueAtMs > nowMs ? `due in ${describeDuration(dueAtMs - nowMs)}` : 'next'
  return [turn, ordered === undefined ? '' : `${ordered} ordered`, redrive === null ? '' : 'put back']
    .filter((part) => part !== '')
    .join(', ')
}

function describeState({ state, redrivenBy }: DeadLetter): string {
  if (state === 'open') return 'open'
  if (state === 'unfinished') return 'open: recorded as put back, but was not'
  if (state === 'copy') return 'copy of one before it'
  const by = redrivenBy === undefined ? '' : ` by ${show(redrivenBy.actor)}`
  return `put back${by}${state === 'waiting' ? ', waits' : ''}`
}

function countOf(what: string, { chosen, matched }: Collection<SetAsideRecord>): string {
  const more = matched > chosen.length ? `, ${chosen.length} shown: raise --limit` : ''
  return `${what}: ${matched}${more}`
}

/** Control characters would reach the terminal. */
function show(text: string): string {
  return text.replace(/\p{C}/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
