import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface StartOptions {
  /** End after the sample. */
  readonly once: boolean
  readonly sample: boolean
  /** Begin with empty data. */
  readonly reset: boolean
  /** Results on standard output as JSON lines; everything for people goes to standard error. */
  readonly json: boolean
}

export const usage = `npm start -- [--once] [--no-sample] [--reset] [--json] [--help]

Starts Kafka, a schema registry, PostgreSQL and Murmuration on this machine, plays a sample conversation
against the public endpoint, and shows what became of each event. Runs until Ctrl-C.

  --once        end after the sample; exit 0 only when every event reached its expected end
  --no-sample   only serve
  --reset       start from empty data
  --json        one JSON line per result on standard output

KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DATABASE_URL: when set, those are used instead of the embedded ones; the registry
with SCHEMA_REGISTRY_USERNAME and _PASSWORD, _TOKEN, _CA, _TIMEOUT_MS, as services read them.
Everything lies in .murmuration/: data, logs, downloads, and run.json, which names what listens where.
`

/** Reads the arguments. @throws {TypeError} on one that does not exist */
export function parseOptions(args: readonly string[]): StartOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      'no-sample': { type: 'boolean', default: false },
      reset: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  return { once: values.once, sample: !values['no-sample'], reset: values.reset, json: values.json }
}
