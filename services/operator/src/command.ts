import { ConfigInvalidError } from '@murmuration/config'
import { describeError, errorCodeOf } from '@murmuration/errors'

/** What a command writes to and reads from. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** One command: its help, and what it does with its arguments. */
export interface Command {
  readonly usage: string
  /** @returns what it did, as text for people and as a value for `--json` */
  run(io: CommandIo): Promise<{ readonly text: string; readonly json: unknown }>
}

/**
 * Runs one of a set of commands by its first argument. Every command has `--help` and `--json`.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration
 */
export async function runCommand(
  commands: Readonly<Record<string, Command>>,
  args: readonly string[],
  io: CommandIo & { readonly usage: string },
): Promise<number> {
  const flags = new Set(args.filter((arg) => arg.startsWith('-')))
  const [word, ...rest] = args.filter((arg) => !arg.startsWith('-'))
  const command = word !== undefined && Object.hasOwn(commands, word) ? commands[word] : undefined
  const unknown = [...flags].filter((flag) => !['--help', '-h', '--json'].includes(flag)).concat(rest)
  if (flags.has('--help') || flags.has('-h')) {
    io.out(`${command?.usage ?? io.usage}\n`)
    return 0
  }
  if (command === undefined || unknown.length > 0) {
    const what = command === undefined ? (word ?? 'no command') : unknown.join(' ')
    io.err(`not understood: ${what}\n\n${command?.usage ?? io.usage}\n`)
    return 2
  }
  try {
    const done = await command.run(io)
    io.out(flags.has('--json') ? `${JSON.stringify(done.json)}\n` : `${done.text}\n`)
    return 0
  } catch (error) {
    if (flags.has('--json')) io.out(`${JSON.stringify({ error: errorCodeOf(error), message: describeError(error) })}\n`)
    io.err(`${describeError(error)}\n`)
    return error instanceof ConfigInvalidError ? 2 : 1
  }
}
