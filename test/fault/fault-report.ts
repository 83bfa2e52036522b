import { appendFileSync } from 'node:fs'

/** The faults of the suite; `npm run faults -- --only NAME` plays one. */
export const faultNames = [
  'refused',
  'black-hole',
  'reset',
  'slow-300',
  'slow-1500',
  'topic-missing',
  'sigterm',
  'leader-killed',
  'leader-stopped',
  'not-enough-replicas',
  'leaderless',
  'one-silent',
  'one-refused',
  'disk-full',
  'event-too-large',
  'raw-too-large',
  'overload',
  'fuzz',
  'kafka-killed',
  'registry-refused',
  'registry-silent',
  'registry-500',
  'registry-404-page',
  'registry-404-path',
  'registry-400',
  'registry-401',
  'registry-gone-at-start',
  'group-source',
  'consumer-rolling',
  'consumer-killed',
  'consumer-killed-at-park',
  'consumer-killed-at-letter',
  'consumer-frozen',
  'consumer-replaced',
  'consumer-sigterm-in-rebalance',
  'consumer-broker-restart',
  'consumer-broker-killed',
  'consumer-failing-key',
  'consumer-backlog',
  // At the end: a scenario's seed follows from its place.
  'consumer-refused',
] as const
export type FaultName = (typeof faultNames)[number]

/** What became of the webhooks, or of a consumer's records, under one fault, for the table at the end of a run. */
export interface FaultReport {
  readonly name: FaultName
  /** Answers by status, `none` for a request that got no answer; of a sink, by what it said. */
  readonly answers: Readonly<Record<string, number>>
  /** From sending to the answer, the longest, ms. */
  readonly maxAnswerMs: number
  /** From the fault's end to the first 2xx, ms; NaN where there was no fault that ends. */
  readonly firstMs: number
  /** From the fault's end to the last answer that is no 2xx, ms; 0 when there was none. */
  readonly steadyMs: number
  /** Why the ingress called itself not ready; undefined: it did not. */
  readonly notReady: string | undefined
  readonly peakRssBytes: number
  /** More to tell. */
  readonly note?: string
  /** What must not be, as sentences. */
  readonly problems: readonly string[]
}

/** Keeps a report for the table of the run, if there is one. */
export function keepReport(report: FaultReport): void {
  const file = process.env.FAULT_REPORTS
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify(report)}\n`)
}

/** One line per fault. Pure. */
export function renderReports(reports: readonly FaultReport[]): string {
  return reports.map((report) => `${toLine(report)}\n`).join('')
}

function toLine(report: FaultReport): string {
  const { name, answers, maxAnswerMs, firstMs, steadyMs, peakRssBytes, notReady, note, problems } = report
  const parts = [
    name.padEnd(20),
    Object.entries(answers)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', ')
      .padEnd(28),
    ...(isNumber(maxAnswerMs) ? [`longest answer ${toSeconds(maxAnswerMs)}`] : []),
    ...(isNumber(firstMs) ? [`back after ${toSeconds(firstMs)}, wholly after ${toSeconds(steadyMs)}`] : []),
    ...(isNumber(peakRssBytes) ? [`${Math.round(peakRssBytes / 1e6)} MB`] : []),
    ...(notReady === undefined ? [] : [`not ready: ${notReady}`]),
    ...(note === undefined ? [] : [note]),
  ]
  return [parts.join('  '), ...problems.map((problem) => `    WRONG: ${problem}`)].join('\n')
}

/** Whether it was measured: NaN is null in JSON. */
function isNumber(value: number | null): boolean {
  return value !== null && Number.isFinite(value)
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
