import { parseArgs } from 'node:util'
import { type Part, parts } from './consumer-scenario.ts'

/** What `npm run bench:consumer` was asked for. */
export interface ConsumerBenchOptions {
  readonly pairs: number
  readonly keys: readonly number[]
  readonly parts: readonly Part[]
  /** Of each scenario but that of one key, which has a quarter. */
  readonly records: number
  /** Too few pairs to judge by. */
  readonly quick: boolean
  readonly peer: boolean
  /** File of the report, from the root of the repository. */
  readonly out: string | undefined
  /** JSON instead of Markdown on standard output. */
  readonly json: boolean
}

export type ParsedConsumerOptions =
  | { readonly kind: 'run'; readonly options: ConsumerBenchOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }

export const usage = `npm run bench:consumer -- [options]

Races the consumer runtime against Confluent's Parallel Consumer (KEY order) on one embedded Kafka: a backlog on one
partition, 2.5 ms of work for each record, 100 at once. Every call of every handler is looked at: each record once, each
key in order. The peer is fetched from Maven Central and needs a JDK, 17 or newer (without javac ours runs alone). Wants a
machine with nothing else to do, and about a quarter of an hour.

  --pairs N         interleaved pairs of each scenario (10)
  --keys A,B,…      keys of the backlog (1,5,20,1000)
  --parts NAME,…    ${parts.join(', ')} (all)
  --records N       of each scenario; a quarter with one key (10000)
  --quick           2 pairs of 2,000 records; bars are shown and do not count
  --no-peer         runs ours alone
  --out FILE        writes the report there, from the root of the repository
  --json            prints JSON instead of the report
  --help

Exit codes: 0 done; 1 a record was lost, repeated or out of order, or a bar is missed; 2 wrong usage.
`

/** Parses the arguments. Never throws. */
export function parseConsumerOptions(args: readonly string[]): ParsedConsumerOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pairs: { type: 'string' },
        keys: { type: 'string', default: '1,5,20,1000' },
        parts: { type: 'string', default: parts.join(',') },
        records: { type: 'string' },
        quick: { type: 'boolean', default: false },
        'no-peer': { type: 'boolean', default: false },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { kind: 'help' }
    const usual = values.quick ? { pairs: '2', records: '2000' } : { pairs: '10', records: '10000' }
    return {
      kind: 'run',
      options: {
        pairs: toWhole('--pairs', values.pairs ?? usual.pairs, { min: 1, max: 100 }),
        keys: values.keys.split(',').map((text) => toWhole('--keys', text, { min: 1, max: 10_000 })),
        parts: values.parts.split(',').map(toPart),
        records: toWhole('--records', values.records ?? usual.records, { min: 400, max: 200_000 }),
        quick: values.quick,
        peer: !values['no-peer'],
        out: values.out,
        json: values.json,
      },
    }
  } catch (error) {
    return { kind: 'wrong', why: (error as Error).message }
  }
}

function toPart(text: string): Part {
  const part = parts.find((one) => one === text)
  if (part === undefined) throw new TypeError(`--parts knows ${parts.join(', ')}, not ${text}`)
  return part
}

function toWhole(option: string, text: string, range: { readonly min: number; readonly max: number }): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new TypeError(`${option} wants a whole number from ${range.min} to ${range.max}, not ${text}`)
}
