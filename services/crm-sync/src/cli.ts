import { parseArgs } from 'node:util'
import { readConfig } from '@murmuration/config'
import { migrate } from '@murmuration/database'
import { describeError, errorCodeOf } from '@murmuration/errors'
import { crmMigrations } from './adapters/postgres/index.ts'
import { postgresSettings } from './adapters/postgres/settings.ts'

export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes one line to standard output: results. */
  readonly print: (line: string) => void
  /** Writes one line to standard error: everything else. */
  readonly complain: (line: string) => void
}

/** 0 done, 1 failed, 2 not understood. */
export type ExitCode = 0 | 1 | 2

const HELP = `murmur db migrate: builds or updates the tables of crm-sync (schema "${crmMigrations.schema}").

Usage: murmur db migrate [--json]

Applies every migration that is missing, in order, each in a transaction of its own. Never goes back. Safe to run
again, and from several places at once.

  --json   print one JSON object: {"applied": [names], "upToDate": true when there was nothing to do}
  --help   print this

Environment: DATABASE_URL, or DATABASE_URL_FILE.
Exit codes: 0 the schema is up to date, 1 it could not be brought there, 2 the command was not understood.`

/** Commands of crm-sync. `argv` begins with the command's word: `['migrate', '--json']`. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const command = parseCommand(argv)
  if (command.kind === 'help') {
    io.print(HELP)
    return 0
  }
  if (command.kind === 'misuse') {
    io.complain(`${command.problem}\nTry: murmur db migrate --help`)
    return 2
  }
  try {
    await runMigrate(command.json, io)
    return 0
  } catch (error) {
    io.complain(describeFailure(error, command.json))
    return 1
  }
}

type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'misuse'; readonly problem: string }
  | { readonly kind: 'migrate'; readonly json: boolean }

const OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

function parseCommand(argv: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true })
    if (values.help) return { kind: 'help' }
    if (positionals.length === 1 && positionals[0] === 'migrate') return { kind: 'migrate', json: values.json }
    return { kind: 'misuse', problem: positionals.length === 0 ? 'no command given' : 'the only command is migrate' }
  } catch (error) {
    return { kind: 'misuse', problem: describeError(error) }
  }
}

async function runMigrate(json: boolean, { env, print }: CliIo): Promise<void> {
  const { DATABASE_URL } = readConfig({ DATABASE_URL: postgresSettings.DATABASE_URL }, env)
  const onProgress = (name: string) => {
    if (!json) print(`applied ${name}`)
  }
  const applied = await migrate({ url: DATABASE_URL, ...crmMigrations, onProgress })
  if (json) print(JSON.stringify({ applied, upToDate: applied.length === 0 }))
  else if (applied.length === 0) print('up to date')
}

function describeFailure(error: unknown, json: boolean): string {
  const code = errorCodeOf(error)
  const message = describeError(error)
  return json ? JSON.stringify({ error: { code, message } }) : `${code}: ${message}`
}

if (import.meta.main) {
  process.exitCode = await runCli(process.argv.slice(2), {
    env: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
  })
}
