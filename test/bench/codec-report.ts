import type { RecordName } from '@murmuration/schemas'
import {
  type CodecCell,
  type Direction,
  MOST_TIMES_AVSC,
  meetsBar,
  ratioToAvsc,
  timeOf,
  type Way,
  ways,
} from './codec-cell.ts'
import type { Spread } from './measurement.ts'

/** A run, as the report tells it. */
export interface CodecRun {
  /** ISO-8601, UTC. */
  readonly at: string
  readonly rounds: number
  readonly machine: readonly string[]
  readonly cells: readonly CodecCell[]
  /** Mean length of a frame, by record. */
  readonly frameBytes: ReadonlyMap<RecordName, number>
  /** Events whose bytes and decoded values were compared before the race. */
  readonly compared: number
}

const titles: Readonly<Record<Direction, Readonly<Partial<Record<Way, string>>>>> = {
  encode: {
    avsc: 'avsc alone, `type.toBuffer`',
    murmuration: '**Murmuration**, `encode`',
    client: 'registry client, `await encode`',
  },
  decode: {
    avsc: 'avsc alone, `type.fromBuffer` with a resolver',
    murmuration: '**Murmuration**, `await decode`',
    'murmuration-now': '**Murmuration**, `decodeNow`',
    client: "registry client, `await decode` as the writer's schema",
    'client-reader': 'registry client, `await decode` with a reader schema',
  },
}

const notes = [
  'One process, one thread, no network: schemas are looked up before the clock starts. Each cell works through the same 256 events, over and over, for one round; ways take turns within a round, their order rotates, and garbage is collected before each. Time is CPU time of the process, so that neighbours count for little; ratios are taken round by round.',
  '`avsc alone` is the floor: it neither writes nor reads the frame of five bytes, knows its schemas beforehand, and trusts every length in the bytes. Its `toBuffer` writes what is larger than 1,024 bytes twice, which is why ours costs less for a raw webhook. Our decoder looks at all lengths first, so that a corrupt count can not hang the consumer, and then reads with a resolver that is cached per writer and reader.',
  'The client of the registry is `@kafkajs/confluent-schema-registry`. Without a reader schema it returns what the writer wrote, which is less than asked for; with one, given as JSON, it compiles the schema anew for each record.',
].join('\n\n')

/** The report as Markdown. Pure. */
export function renderCodecReport(run: CodecRun): string {
  const records = [...new Set(run.cells.map(({ record }) => record))]
  const bars = records.flatMap((record) => directionsOf(run.cells, record).map((direction) => ({ record, direction })))
  const barRows = bars.map((group) => [
    `${group.direction} ${group.record}`,
    ratioToAvsc(run.cells, { ...group, way: 'murmuration' }).median.toFixed(2),
    meetsBar(run.cells, group) ? 'yes' : '**no**',
  ])
  return `${[
    '# Race the codec',
    `Written by \`npm run bench:codec -- --out docs/bench-codec.md\` at ${run.at}: ${run.rounds} interleaved rounds. Medians over the rounds, with the least and the most in parentheses.`,
    `## Bars: at most ${MOST_TIMES_AVSC} times avsc's own cost`,
    toTable(['', 'times avsc', 'met'], barRows),
    ...records.map((record) => toRecordTables(run, record)),
    '## What was compared first',
    `${run.compared} events of each record: our frame and the client's are equal byte for byte, avsc's payload is their rest, and all ways of decoding give the event back.`,
    '## On what',
    run.machine.map((line) => `- ${line}.`).join('\n'),
    '## How to read it',
    notes,
  ].join('\n\n')}\n`
}

function toRecordTables(run: CodecRun, record: RecordName): string {
  const bytes = run.frameBytes.get(record) ?? 0
  const tables = directionsOf(run.cells, record).map((direction) => {
    const present = ways[direction].filter((way) => run.cells.some((cell) => isOf(cell, { record, direction, way })))
    const rows = present.map((way) => {
      const group = { record, direction, way }
      return [
        titles[direction][way] ?? way,
        toText(timeOf(run.cells, group)),
        way === 'avsc' ? '' : toText(ratioToAvsc(run.cells, group)),
      ]
    })
    return toTable([direction, 'µs of CPU a record', 'times avsc'], rows)
  })
  return [`## ${record}, ${Math.round(bytes)} bytes`, ...tables].join('\n\n')
}

function directionsOf(cells: readonly CodecCell[], record: RecordName): readonly Direction[] {
  return (Object.keys(ways) as Direction[]).filter((direction) =>
    cells.some((cell) => cell.record === record && cell.direction === direction),
  )
}

function isOf(cell: CodecCell, group: Pick<CodecCell, 'record' | 'direction' | 'way'>): boolean {
  return cell.record === group.record && cell.direction === group.direction && cell.way === group.way
}

function toText({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
