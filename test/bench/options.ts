import { parseArgs } from 'node:util'
import { type ContestantName, contestantNames } from './contestant.ts'

/** What `npm run bench:ingress` was asked for. */
export interface BenchOptions {
  readonly rounds: number
  /** Measured time per round, load and contestant. */
  readonly seconds: number
  /** Connections of each closed loop. */
  readonly connections: readonly number[]
  /** Of the open loop, per second; 0: none. */
  readonly rate: number
  readonly only: readonly ContestantName[]
  readonly seed: number
  /** File of the report, from the root of the repository. */
  readonly out: string | undefined
  /** JSON instead of Markdown on standard output. */
  readonly json: boolean
  /** Folder for a CPU profile of the product; a profiled product is slower. */
  readonly profileDir: string | undefined
}

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: BenchOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }

export const usage = `npm run bench:ingress -- [options]

Races the ingress, a bare Fastify and, where \`go\` is on the PATH, Redpanda Connect on one embedded Kafka, then looks for
every accepted webhook in its topic. Needs Linux, some gigabytes of disk, and a machine with nothing else to do.

  --rounds N             interleaved rounds (3)
  --seconds S            measured time per round, load and contestant (8)
  --connections A,B,…    closed loops (32,128,512)
  --rate R               fixed rate per second; 0 for none (5000)
  --only NAME,…          ${contestantNames.join(', ')}
  --seed N               of the webhooks (1)
  --out FILE             writes the report there, from the root of the repository
  --json                 prints JSON instead of the report
  --profile DIR          writes a CPU profile of the product there, and prints where its time went

Exit codes: 0 done, 1 an accepted webhook was lost, doubled or out of order, 2 wrong usage.
`

/** Contacts that the messages come from; more than any closed loop's connections. */
export const KEYS = 1_536

/** Parses the arguments. Never throws. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '8' },
        connections: { type: 'string', default: '32,128,512' },
        rate: { type: 'string', default: '5000' },
        only: { type: 'string', default: contestantNames.join(',') },
        seed: { type: 'string', default: '1' },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { kind: 'help' }
    return {
      kind: 'run',
      options: {
        rounds: toWhole('--rounds', values.rounds, { min: 1, max: 100 }),
        seconds: toWhole('--seconds', values.seconds, { min: 1, max: 120 }),
        connections: values.connections
          .split(',')
          .filter((text) => text !== '')
          .map((text) => toWhole('--connections', text, { min: 1, max: KEYS })),
        rate: toWhole('--rate', values.rate, { min: 0, max: 100_000 }),
        only: values.only.split(',').map(toContestant),
        seed: toWhole('--seed', values.seed, { min: 0, max: 1_000_000 }),
        out: values.out,
        json: values.json,
        profileDir: values.profile,
      },
    }
  } catch (error) {
    return { kind: 'wrong', why: (error as Error).message }
  }
}

function toContestant(text: string): ContestantName {
  const name = contestantNames.find((one) => one === text)
  if (name === undefined) throw new TypeError(`--only knows ${contestantNames.join(', ')}, not ${text}`)
  return name
}

function toWhole(option: string, text: string, range: { readonly min: number; readonly max: number }): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new TypeError(`${option} wants a whole number from ${range.min} to ${range.max}, not ${text}`)
}
