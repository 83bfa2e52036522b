import { judge } from './bars.ts'
import type { Contestant, ContestantName } from './contestant.ts'
import {
  bestRedpanda,
  type Cell,
  isOpen,
  type Measure,
  ratioTo,
  type Spread,
  spreadOf,
  toSpread,
} from './measurement.ts'

/** A run, as the report tells it. */
export interface BenchRun {
  /** ISO-8601, UTC. */
  readonly at: string
  readonly seed: number
  readonly rounds: number
  readonly seconds: number
  readonly contestants: readonly Pick<Contestant, 'name' | 'title' | 'description'>[]
  /** Who did not take part, and why. */
  readonly absent: readonly { readonly name: ContestantName; readonly why: string }[]
  /** Lines about the machine and the broker. */
  readonly machine: readonly string[]
  readonly cells: readonly Cell[]
  readonly verifications: readonly Verification[]
}

/** How a topic compares with the answers. */
export interface Verification {
  readonly contestant: ContestantName
  readonly topic: string
  readonly records: number
  readonly accepted: number
  /** Empty when every accepted id was found once, in order per contact, and nothing that was refused. */
  readonly problems: readonly string[]
}

const MIB = 1_048_576

/** The report as Markdown. Pure. */
export function renderReport(run: BenchRun): string {
  const loads = [...new Set(run.cells.map((cell) => cell.load))]
  return `${[
    '# Race the ingress',
    `Written by \`npm run bench:ingress\` at ${run.at}: ${run.rounds} rounds of ${run.seconds} s per load and contestant, seed ${run.seed}. Medians over the rounds, with the least and the most in parentheses.`,
    ['## Bars', ...toBars(run.cells)].join('\n\n'),
    ...loads.map((load) => [`## ${toTitle(load)}`, toLoadTable(run, load), toNoise(run.cells, load)].join('\n\n')),
    '## Every accepted webhook, looked for in its topic',
    toVerificationTable(run),
    '## Who raced, on what',
    [
      ...run.contestants.map(({ title, description }) => `- **${title}**: ${description}.`),
      ...run.absent.map(({ name, why }) => `- ${name} took no part: ${why}.`),
      ...run.machine.map((line) => `- ${line}.`),
    ].join('\n'),
    '## How to read it',
    fairness,
  ].join('\n\n')}\n`
}

const fairness = [
  'Each contestant is one process on the same machine as Kafka and the load generator, so rates depend on the neighbours: compare within one run, and prefer CPU seconds. Rounds are interleaved and their order rotates; ratios are taken round by round. Before each load, what earlier ones wrote is brought to the disk, so that nobody pays for another.',
  'Closed loop: so many keep-alive connections, each with one webhook under way, one contact on one connection. Fixed rate: latency counts from the time at which a webhook was due, whether or not it could be sent then.',
  'Webhooks are signed `whatsapp.inbound` messages of about 1 KB, each with an id of its own. All answer 2xx after an acknowledgement with acks=all; the same 12 partitions. CPU is user and system time of the server process alone, not of Kafka.',
  'The product does more per webhook than its peers: it checks the age, parses and maps the body, writes two Avro records, and keeps a duplicate window and metrics.',
  "Redpanda Connect's handicaps: the 10 ms linger is only its client's default, so a build without it races as well; Bloblang interprets what the others compile; the record key costs it a JSON parse, without which it would keep no order. Its records are not compressed (its default is snappy), as nobody else's are; side by side that made no difference beyond the noise. Its advantages: one record instead of two, and it uses every core where Node uses one for JavaScript.",
  'The bare Fastify writes nothing: it bounds what a single Node process can answer.',
].join('\n\n')

function toTitle(load: string): string {
  return isOpen(load) ? `Fixed rate, ${load}` : `Closed loop, ${load} connections`
}

function toLoadTable({ contestants, cells }: BenchRun, load: string): string {
  const rows = contestants.map(({ name, title }) => {
    const value = (measure: Measure, format: (value: number) => string): string =>
      toText(spreadOf(cells, { contestant: name, load, measure }), format)
    const ratio = name === 'murmuration' || isOpen(load) ? undefined : ratioTo(cells, name, load)
    const notAccepted = cells
      .filter((cell) => cell.contestant === name && cell.load === load)
      .reduce((sum, cell) => sum + cell.notAccepted, 0)
    return [
      name === bestRedpanda(cells, load) ? `${title} (better)` : title,
      value('acceptedPerSecond', (rate) => Math.round(rate).toLocaleString('en')),
      value('p50Ms', toOneDigit),
      value('p99Ms', toOneDigit),
      value('cpuSecondsPer10k', (seconds) => seconds.toFixed(2)),
      value('peakRssBytes', (bytes) => String(Math.round(bytes / MIB))),
      String(notAccepted),
      toText(ratio, (times) => times.toFixed(2)),
    ]
  })
  const head = ['', 'req/s', 'p50 ms', 'p99 ms', 'CPU s per 10,000', 'peak RSS MiB', 'not 2xx', 'Murmuration ÷ it']
  return toTable(head, rows)
}

/** What else the machine did, without which rates can't be judged. */
function toNoise(cells: readonly Cell[], load: string): string {
  const some = cells.filter((cell) => cell.load === load)
  const neighbours = toSpread(some.map((cell) => cell.neighbourCores))
  const stolen = toSpread(some.map((cell) => cell.stolenCores))
  const toWords = ({ median, max }: Spread) => `${median.toFixed(2)} cores meanwhile (at most ${max.toFixed(2)})`
  return `Other programs used ${toWords(neighbours)}; the host took ${toWords(stolen)}.`
}

function toBars(cells: readonly Cell[]): readonly string[] {
  const word = (met: boolean | undefined): string => (met === undefined ? '–' : met ? 'yes' : '**no**')
  const rows = judge(cells).map((one) => [one.bar, one.measured, word(one.met), one.goFor, word(one.goForMet)])
  return [toTable(['bar', 'measured', 'met', 'go for', 'reached'], rows)]
}

function toVerificationTable({ verifications, contestants }: BenchRun): string {
  const titleOf = (name: ContestantName): string => contestants.find((one) => one.name === name)?.title ?? name
  const rows = verifications.map((one) => [
    titleOf(one.contestant),
    `\`${one.topic}\``,
    one.accepted.toLocaleString('en'),
    one.records.toLocaleString('en'),
    one.problems.length === 0 ? 'each once, in order per contact; no forged one' : `**${one.problems.join('; ')}**`,
  ])
  return toTable(['', 'topic', 'accepted', 'records', 'found'], rows)
}

function toOneDigit(value: number): string {
  return value.toFixed(1)
}

function toText(spread: Spread | undefined, format: (value: number) => string): string {
  if (spread === undefined) return ''
  const { median, min, max } = spread
  return min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
