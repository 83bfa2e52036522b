import { ConfigInvalidError } from '@murmuration/config'
import { describeError, errorCodeOf } from '@murmuration/errors'
import { type CommandArgs, type CommandOption, type CommandSyntax, parseCommandArgs } from './command-args.ts'

/** What a command writes to and reads from. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: (text: string) => void
  /** Standard error: failures, and the progress of a slow command. */
  readonly err: (text: string) => void
  /** Epoch ms. */
  readonly now: () => number
  /** Unique each time. */
  readonly newId: () => string
  /** Who runs it, as the machine knows: `user@host`. */
  readonly user: () => string
}

/** What a command did: for people, and for programs (`--json`). */
export interface CommandResult {
  readonly text: string
  readonly json: unknown
  /** The command did its work, and what it found means no: exit code 1, e.g. a check with problems. */
  readonly failed?: boolean
}

/** One command: its help, its own options and operands, and what it does with them. */
export interface Command extends CommandSyntax {
  /** First line of the help, without options that every command has; what it does; what it reads. */
  readonly usage: string
  run(io: CommandIo, args: CommandArgs): Promise<CommandResult>
}

/** Options that every command has. */
const COMMON: readonly CommandOption[] = [
  { name: '--json', about: 'print what it did as one line of JSON' },
  { name: '--help', about: 'print this, and do nothing' },
]

/** Commands of one word, by name: `{ check, diff, push }`. */
export type Commands = Readonly<Record<string, Command>>

/**
 * Runs one of a set of commands by its first word. Every command has `--help` and `--json`.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration
 */
export async function runCommand(commands: Commands, args: readonly string[], io: CommandIo): Promise<number> {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  const word = args[at]
  const command = word !== undefined && Object.hasOwn(commands, word) ? commands[word] : undefined
  const help = command === undefined ? helpOfGroup(commands) : helpOf(command)
  const parsed = parseCommandArgs(at < 0 ? args : args.toSpliced(at, 1), withCommon(command))
  if (args.includes('--help') || args.includes('-h')) {
    io.out(`${help}\n`)
    return 0
  }
  if (command === undefined || parsed.kind === 'misuse') {
    io.err(
      `not understood: ${parsed.kind === 'misuse' && command !== undefined ? parsed.what : (word ?? 'no command')}`,
    )
    io.err(`\n\n${help}\n`)
    return 2
  }
  return run(command, parsed.args, io)
}

async function run(command: Command, args: CommandArgs, io: CommandIo): Promise<number> {
  const asJson = args.flags.has('--json')
  try {
    const done = await command.run(io, args)
    io.out(asJson ? `${JSON.stringify(done.json)}\n` : `${done.text}\n`)
    return done.failed === true ? 1 : 0
  } catch (error) {
    if (asJson) io.out(`${JSON.stringify({ error: errorCodeOf(error), message: describeError(error) })}\n`)
    io.err(`${describeError(error)}\n`)
    return error instanceof ConfigInvalidError ? 2 : 1
  }
}

function withCommon(command: Command | undefined): CommandSyntax {
  return { ...command, options: [...(command?.options ?? []), ...COMMON] }
}

function helpOf(command: Command): string {
  const rows = (withCommon(command).options ?? []).map(({ name, value, about }) => [
    value === undefined ? name : `${name} ${value}`,
    about,
  ])
  const width = Math.max(...rows.map(([left = '']) => left.length))
  return `${command.usage}\n\n${rows.map(([left = '', right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')}`
}

function helpOfGroup(commands: Commands): string {
  return Object.values(commands).map(helpOf).join('\n\n\n')
}
