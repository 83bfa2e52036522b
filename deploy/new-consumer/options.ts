import { parseArgs } from 'node:util'
import { recordNames } from '@murmuration/schemas'

/** What the command line asks for. */
export interface NewConsumerOptions {
  readonly name: string
  readonly record: string
  readonly dryRun: boolean
  /** Bring lockfile and node_modules in line. */
  readonly install: boolean
  readonly json: boolean
}

export const usage = `npm run new:consumer -- NAME [--record RECORD] [--dry-run] [--no-install] [--json] [--help]

Writes services/NAME, a consumer that runs and whose test passes, and its rows: schemas/catalog.ts, what npm start
starts, .env.example, the generated documents, package.json and the lockfile. Its group is NAME.

  --record RECORD  what it reads, message when not given; one of
                   ${recordNames.join(', ')}
  --dry-run        only say what would be written
  --no-install     leave pnpm-lock.yaml and node_modules as they are; node deploy/setup.mjs --new-lockfile does that later
  --json           what was done as one JSON line on standard output; all else goes to standard error
`

/** Reads the arguments. @throws {TypeError} on one that does not exist or is missing */
export function parseOptions(args: readonly string[]): NewConsumerOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      record: { type: 'string', default: 'message' },
      'dry-run': { type: 'boolean', default: false },
      'no-install': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) throw new TypeError('say one name')
  return { name, record: values.record, dryRun: values['dry-run'], install: !values['no-install'], json: values.json }
}
