import { APART, keyAt, type Scenario } from './consumer-scenario.ts'

/** One call of a handler, or one request at the sink. */
export interface Call {
  readonly offset: number
  /** Both of one monotonic clock, ms. */
  readonly startMs: number
  readonly endMs: number
  readonly ok: boolean
}

/** What a contestant's calls come to. */
export interface Timing {
  /** From the first start to the last end. */
  readonly elapsedMs: number
  /** Mean length of a call. */
  readonly workMs: number
}

/** Reads a trace: one line per call, `offset startUs endUs ok`, where ok is 1 or 0. @throws a line is none */
export function parseTrace(text: string): readonly Call[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(\d+) (\d+) (\d+) ([01])$/.exec(line)
      if (match === null) throw new Error(`a trace has the line ${JSON.stringify(line)}`)
      const [offset = 0, startUs = 0, endUs = 0, ok = 0] = match.slice(1).map(Number)
      return { offset, startMs: startUs / 1_000, endMs: endUs / 1_000, ok: ok === 1 }
    })
}

/** Times the calls, but for those of a key that stands apart. Pure. */
export function timeCalls(calls: readonly Call[], scenario: Scenario): Timing {
  const timed = calls.filter(({ offset }) => scenario.apart === undefined || keyAt(offset, scenario) !== APART)
  let [first, last, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const { startMs, endMs } of timed) {
    first = Math.min(first, startMs)
    last = Math.max(last, endMs)
    sum += endMs - startMs
  }
  return { elapsedMs: last - first, workMs: sum / timed.length }
}

/**
 * Looks at every call: each record succeeds once, and calls of one key follow the topic's order and never overlap. Of a
 * key that always fails only the first record is ever tried.
 *
 * @returns what is wrong, by kind; empty when all is well
 */
export function findCallProblems(calls: readonly Call[], scenario: Scenario): readonly string[] {
  const counts = { repeated: 0, 'out of order': 0, overlapping: 0, failed: 0, 'tried past a failing one': 0 }
  const lastOf = new Map<string, Call>()
  const succeeded = new Set<number>()
  for (const call of calls.toSorted((a, b) => a.startMs - b.startMs)) {
    const key = keyAt(call.offset, scenario)
    const fails = scenario.apart === 'failing' && key === APART
    const last = lastOf.get(key)
    if (last !== undefined && call.offset < last.offset) counts['out of order'] += 1
    if (last !== undefined && call.startMs < last.endMs) counts.overlapping += 1
    if (succeeded.has(call.offset)) counts.repeated += 1
    if (call.ok === fails) counts.failed += 1
    if (fails && call.offset >= scenario.keys) counts['tried past a failing one'] += 1
    if (call.ok) succeeded.add(call.offset)
    lastOf.set(key, call)
  }
  const problems = Object.entries(counts).flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]))
  let missing = 0
  for (let offset = 0; offset < scenario.records; offset += 1) {
    const fails = scenario.apart === 'failing' && keyAt(offset, scenario) === APART
    if (!fails && !succeeded.has(offset)) missing += 1
  }
  return missing === 0 ? problems : [...problems, `${missing} missing`]
}
