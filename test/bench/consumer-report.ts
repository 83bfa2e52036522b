import {
  BAR,
  type Cell,
  cellsOf,
  costOfFailure,
  GO_FOR,
  type Measure,
  meetsBar,
  ratioToPeer,
  scenariosOf,
  spreadOf,
  timesTheWork,
} from './consumer-cell.ts'
import type { ContestantName } from './consumer-contestant.ts'
import { CONCURRENCY, nameOf, type Part, type Scenario, WORK_MS } from './consumer-scenario.ts'
import { type Spread, toSpread } from './measurement.ts'

/** A run, as the report tells it. */
export interface ConsumerRun {
  /** ISO-8601, UTC. */
  readonly at: string
  readonly command: string
  readonly pairs: number
  /** Lines about the machine and the broker. */
  readonly machine: readonly string[]
  /** Who raced, and how it was set. */
  readonly contestants: readonly { readonly name: ContestantName; readonly description: string }[]
  /** Why there was no peer, if there was none. */
  readonly absent: string | undefined
  readonly cells: readonly Cell[]
}

const titles: Readonly<Record<ContestantName, string>> = {
  murmuration: 'Murmuration',
  'parallel-consumer': 'Parallel Consumer',
}
const partTitles: Readonly<Record<Part, string>> = {
  sleep: 'Sleeping',
  http: 'HTTP sink of fixed delay',
  failing: 'One always-failing key of 100, sleeping',
}

const notes = [
  `Each run reads a backlog of one partition from its first record, as a new group, with at most ${CONCURRENCY} handlers at once; each handler works ${WORK_MS} ms. Records are Avro messages of the pipeline whose keys take turns: record n has key n modulo the number of keys. A pair is one run of each contestant right after the other; who goes first alternates, and ratios are taken pair by pair.`,
  'Time is taken by the contestants themselves, from the start of the first handler to the end of the last: joining the group is not in it. Both processes live through the whole race and are warmed up in the same way: twice each kind of work with 100 keys, before the first pair. CPU is user and system time of the process from before it joined until it had left, compilers and garbage collectors included.',
  `Work is what a call really took. Node's timers cut fractions off, so ours looks in each turn of its event loop whose ${WORK_MS} ms are over, from 1.5 ms before they are; the peer parks its thread until then, which is more exact than \`Thread.sleep\`. Both cost CPU that real work would not. At the sink of both, calls of one key take 2 and 3 ms by turns. "Times the work" divides the time by the least that such calls take one after the other for each key, ${CONCURRENCY} at once: what the runtime itself costs. A call of ours ends when its sleep or answer is looked at, so at many keys its work also holds the wait for the one thread.`,
  'After every run each call is looked at, in the order and with the times that the contestant wrote down, and again at the sink: every record once, every key in the order of the topic and never two calls at once; of a failing key only its first record is ever tried.',
  'Ours does more: it decodes Avro, keeps metrics, writes outcomes to a topic before each commit, and moves a failing key to a retry topic. The peer deserialises a string and bytes, and keeps a failing key in memory, where it is tried again each second. The peer commits every 5 s (its default), ours every 200 ms. A fixed message buffer and other sizes of a poll made no difference to the peer beyond the noise.',
].join('\n\n')

/** The report as Markdown. Pure. */
export function renderConsumerReport(run: ConsumerRun): string {
  const parts = [...new Set(run.cells.map(({ scenario }) => scenario.part))]
  return `${[
    '# Race the consumer runtime',
    `Written by \`${run.command}\` at ${run.at}: ${run.pairs} interleaved pairs. Medians over the pairs, with the least and the most in parentheses.`,
    `## Bars: our time at most ${BAR} times the peer's`,
    toBars(run),
    ...parts.map((part) => [`## ${partTitles[part]}`, toPartTable(run, part), toNoise(run, part)].join('\n\n')),
    '## Every call, looked at',
    toVerdict(run),
    '## Who raced, on what',
    [
      ...run.contestants.map(({ name, description }) => `- **${titles[name]}**: ${description}.`),
      ...(run.absent === undefined ? [] : [`- Parallel Consumer took no part: ${run.absent}.`]),
      ...run.machine.map((line) => `- ${line}.`),
    ].join('\n'),
    '## How to read it',
    notes,
  ].join('\n\n')}\n`
}

function toBars({ cells }: ConsumerRun): string {
  const word = (met: boolean | undefined): string => (met === undefined ? '–' : met ? 'yes' : '**no**')
  const rows = scenariosOf(cells)
    .filter(({ part }) => part !== 'failing')
    .map((scenario) => [
      nameOf(scenario),
      toText(ratioToPeer(cells, scenario), toTwoDigits) || 'not measured',
      word(meetsBar(cells, scenario)),
      word(meetsBar(cells, scenario, GO_FOR)),
    ])
  return toTable(['', 'our time ÷ its time', 'met', `${GO_FOR} reached`], rows)
}

function toPartTable(run: ConsumerRun, part: Part): string {
  const scenarios = scenariosOf(run.cells).filter((scenario) => scenario.part === part)
  const rows = scenarios.flatMap((scenario) =>
    run.contestants.map(({ name }) => {
      const value = (measure: Measure, format: (value: number) => string): string =>
        toText(spreadOf(run.cells, { contestant: name, scenario, measure }), format)
      const times = toSpread(cellsOf(run.cells, scenario, name).map((cell) => timesTheWork(cell, CONCURRENCY)))
      return [
        toCase(scenario),
        scenario.records.toLocaleString('en'),
        titles[name],
        value('elapsedMs', toSeconds),
        value('workMs', toTwoDigits),
        toText(times, toTwoDigits),
        value('cpuSecondsPer10k', toTwoDigits),
      ]
    }),
  )
  const head = ['', 'records', '', 's', 'work, ms a record', 'times the work', 'CPU s per 10,000']
  if (part !== 'failing') return toTable(head, rows)
  const costs = run.contestants.map(({ name }) => {
    const cost = toText(costOfFailure(run.cells, name), toTwoDigits)
    return `- ${titles[name]}: the other 99 keys take ${cost || 'an unknown number of'} times as long beside it.`
  })
  return [toTable(head, rows), costs.join('\n')].join('\n\n')
}

/** What else the machine did, without which times can't be judged. */
function toNoise({ cells }: ConsumerRun, part: Part): string {
  const cores = cells.flatMap(({ scenario, neighbourCores }) =>
    scenario.part !== part || Number.isNaN(neighbourCores) ? [] : [neighbourCores],
  )
  if (cores.length === 0) return 'What other programs used meanwhile is not known.'
  const { median, max } = toSpread(cores)
  return `Other programs used ${median.toFixed(2)} cores meanwhile (at most ${max.toFixed(2)}).`
}

/** `20 keys`; the work is in the heading. */
function toCase({ keys, apart }: Scenario): string {
  if (apart === undefined) return `${keys} ${keys === 1 ? 'key' : 'keys'}`
  return apart === 'failing' ? 'the other 99 beside a failing one' : 'the same 99, none fails'
}

function toVerdict({ cells }: ConsumerRun): string {
  const bad = cells.filter(({ problems }) => problems.length > 0)
  if (bad.length === 0)
    return `${cells.length} runs: every record handled once, every key in order, never two calls of one key at once.`
  return bad
    .map(
      (cell) =>
        `- **${titles[cell.contestant]}**, ${nameOf(cell.scenario)}, pair ${cell.pair}: ${cell.problems.join('; ')}`,
    )
    .join('\n')
}

function toTwoDigits(value: number): string {
  return value.toFixed(2)
}

function toSeconds(ms: number): string {
  return (ms / 1_000).toFixed(2)
}

function toText(spread: Spread | undefined, format: (value: number) => string): string {
  if (spread === undefined) return ''
  const { median, min, max } = spread
  if (Number.isNaN(median)) return 'failed'
  return min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
