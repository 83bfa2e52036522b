import {
  type Evidence,
  isOutlived,
  type SinkCall,
  type SinkStep,
  toPlace,
  type WrittenRecord,
} from './consumer-history.ts'

/** What a history comes to. */
export interface Verdict {
  /** What must not be, as sentences; a few of each kind, with their number. */
  readonly problems: readonly string[]
  /** Calls by answer. */
  readonly answers: { readonly done: number; readonly retry: number; readonly refused: number }
  /** Effects of a record that had taken effect before. */
  readonly repeats: number
  /** Calls that were under way when their process was stopped by force, and ended late or met those of the next owner. */
  readonly outlived: number
  /** Records that the source wrote more than once. */
  readonly sourceDuplicates: number
  readonly deadLetters: number
  /** Records that stand in the DLQ more than once. */
  readonly repeatedDeadLetters: number
}

/** A key's records in order, and how far the sink has come. */
interface KeyTrack {
  readonly rows: readonly RecordTrack[]
  /** Index of the record that was brought to its end last; -1: none. */
  position: number
  readonly open: Set<SinkCall>
}

interface RecordTrack {
  readonly record: WrittenRecord
  readonly index: number
  readonly key: string
  dead: number
  done: number
  refused: number
}

const EXAMPLES = 5

/**
 * Holds what the sink saw against the topics. Pure.
 *
 * Per key, the record that is called next is the one that follows, where dead letters are skipped once the sink has
 * refused them, or an earlier one, from where it goes on without a gap; in the end it has come to the newest. Calls of
 * a key never overlap. Every record took effect or is a dead letter, and a dead letter is one that the sink refused.
 */
export function judgeHistory(history: readonly SinkStep[], evidence: Evidence): Verdict {
  const troubles = createTroubles()
  const { records, keys } = track(evidence, troubles)
  const counts = { done: 0, retry: 0, refused: 0, repeats: 0 }
  const outlived = new Set<SinkCall>()
  for (const step of history) {
    const row = records.get(toPlace(step.call))
    if (row === undefined || row.record.eventId !== step.call.eventId || row.key !== step.call.key) {
      troubles.add('called with a place that is not its own', describe(step.call))
      continue
    }
    const key = keys.get(row.key)
    if (key === undefined) continue
    if (step.kind === 'begin') {
      for (const other of key.open) {
        const excused = [step.call, other].filter((call) => isOutlived(call, step.atMs, evidence.freezes))
        for (const call of excused) outlived.add(call)
        if (excused.length === 0)
          troubles.add('overlapping calls of one key', `${describe(step.call)} began within another`)
      }
      key.open.add(step.call)
    } else if (step.kind === 'end') key.open.delete(step.call)
    else {
      counts[step.answer] += 1
      if (step.answer === 'done' && row.done > 0) counts.repeats += 1
      if (step.answer === 'done') row.done += 1
      const thawed = evidence.freezes.some(({ pid, toMs }) => pid === step.call.pid && step.atMs >= toMs)
      const isLate = thawed && isOutlived(step.call, step.atMs, evidence.freezes)
      // Where it is still the call's turn, nobody has gone on in the meantime: it counts.
      if (isLate && row.index !== nextOf(key)) outlived.add(step.call)
      else takeTurn(key, row, step, troubles)
      if (step.answer === 'refused') row.refused += 1
    }
  }
  for (const key of keys.values()) judgeEnd(key, troubles)
  const rows = [...records.values()]
  const { done, retry, refused, repeats } = counts
  return {
    problems: troubles.sentences(),
    answers: { done, retry, refused },
    repeats,
    outlived: outlived.size,
    sourceDuplicates: rows.length - new Set(rows.map(({ record }) => record.eventId)).size,
    deadLetters: rows.filter(({ dead }) => dead > 0).length,
    repeatedDeadLetters: rows.filter(({ dead }) => dead > 1).length,
  }
}

/** Lays out what the topic holds: each key's records in order, with nothing called yet. */
function track({ written, deadLetters, acknowledged }: Evidence, troubles: Troubles) {
  const records = new Map<string, RecordTrack>()
  const keys = new Map<string, KeyTrack & { readonly rows: RecordTrack[] }>()
  for (const record of written.toSorted((a, b) => a.offset - b.offset)) {
    const key = keys.get(record.key) ?? { rows: [], position: -1, open: new Set() }
    keys.set(record.key, key)
    const first = key.rows[0]?.record
    if (first !== undefined && first.partition !== record.partition) troubles.add('keys in two partitions', record.key)
    const row = { record, index: key.rows.length, key: record.key, dead: 0, done: 0, refused: 0 }
    key.rows.push(row)
    records.set(toPlace(record), row)
  }
  for (const origin of deadLetters) {
    const row = records.get(toPlace(origin))
    if (row === undefined) troubles.add('dead letters of no record', toPlace(origin))
    else row.dead += 1
  }
  const held = new Set(written.map(({ eventId }) => eventId))
  for (const eventId of acknowledged) if (!held.has(eventId)) troubles.add('acknowledged and not in the topic', eventId)
  return { records, keys }
}

/** A call must be of the record that follows or of an earlier one; an end of it moves the key there. */
function takeTurn(
  key: KeyTrack,
  row: RecordTrack,
  step: Extract<SinkStep, { kind: 'apply' }>,
  troubles: Troubles,
): void {
  const next = nextOf(key)
  if (row.index > next) {
    const due = key.rows[next]
    troubles.add(
      'out of turn',
      `${describe(step.call)} came when ${due === undefined ? '?' : toPlace(due.record)} was due`,
    )
  }
  if (step.answer !== 'retry') key.position = row.index
}

/** The record whose turn it is. */
function nextOf({ rows, position }: KeyTrack): number {
  let next = position + 1
  while (isPassed(rows[next])) next += 1
  return next
}

function isPassed(row: RecordTrack | undefined): boolean {
  return row !== undefined && row.dead > 0 && row.refused > 0
}

function judgeEnd({ rows, position }: KeyTrack, troubles: Troubles): void {
  for (const { record, dead, done, refused } of rows) {
    const what = `${record.key} at ${toPlace(record)}`
    if (dead === 0 && done === 0) troubles.add(refused > 0 ? 'refused and not in the DLQ' : 'lost', what)
    if (dead > 0 && refused === 0) troubles.add('in the DLQ although the sink never refused them', what)
  }
  const newest = rows.findLastIndex(({ dead }) => dead === 0)
  const last = rows[position]
  // A key whose records are lost has been told of already.
  if (position < newest && rows[newest]?.done !== 0) {
    troubles.add(
      'keys that end with an old record',
      last === undefined ? '?' : `${last.key} at ${toPlace(last.record)}`,
    )
  }
}

function describe(call: SinkCall): string {
  return `${call.key} at ${toPlace(call)}, attempt ${call.attempt}, ${call.member} (${call.pid})`
}

type Troubles = ReturnType<typeof createTroubles>

function createTroubles() {
  const found = new Map<string, string[]>()
  return {
    add(kind: string, example: string): void {
      const examples = found.get(kind)
      if (examples === undefined) found.set(kind, [example])
      else examples.push(example)
    },
    sentences: () => [...found].map(([kind, all]) => `${all.length} ${kind}: ${all.slice(0, EXAMPLES).join('; ')}`),
  }
}
