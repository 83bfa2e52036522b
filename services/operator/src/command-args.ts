/** One option of a command. */
export interface CommandOption {
  /** With its dashes: `--dry-run`. */
  readonly name: `--${string}`
  /** Name of its value in the help, e.g. FILE, where it takes one: `--file FILE` or `--file=FILE`. */
  readonly value?: string
  /** What it does, for the help. */
  readonly about: string
}

/** What may stand on a command's line. */
export interface CommandSyntax {
  readonly options?: readonly CommandOption[]
  /** Names of the words that it needs after its own, in order, e.g. `['TOPIC']`. */
  readonly operands?: readonly string[]
}

/** What stood on the line. */
export interface CommandArgs {
  /** Options without a value that were given, with their dashes. */
  readonly flags: ReadonlySet<string>
  /** Options with a value that were given; the last one counts. */
  readonly values: ReadonlyMap<string, string>
  /** As many as the command declares, in their order. */
  readonly operands: readonly string[]
}

/** A line that fits the command, or the words that don't. */
export type ParsedArgs =
  | { readonly kind: 'args'; readonly args: CommandArgs }
  | { readonly kind: 'misuse'; readonly what: string }

/** Reads the words after a command. `-h` is left to the caller. */
export function parseCommandArgs(words: readonly string[], syntax: CommandSyntax): ParsedArgs {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const operands: string[] = []
  const unknown: string[] = []
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [name = '', inline] = splitOnce(word)
    const option = syntax.options?.find((candidate) => candidate.name === name)
    const value = option?.value === undefined ? undefined : (inline ?? queue.shift())
    if (option?.value !== undefined) {
      if (value === undefined) return { kind: 'misuse', what: `${name} without ${option.value}` }
      values.set(name, value)
    } else if (option !== undefined && inline === undefined) flags.add(name)
    else if (!word.startsWith('-') && operands.length < (syntax.operands?.length ?? 0)) operands.push(word)
    else unknown.push(word)
  }
  if (unknown.length > 0) return { kind: 'misuse', what: unknown.join(' ') }
  const missing = syntax.operands?.slice(operands.length) ?? []
  if (missing.length > 0) return { kind: 'misuse', what: `no ${missing.join(', no ')}` }
  return { kind: 'args', args: { flags, values, operands } }
}

/** `--file=a=b` is `--file` and `a=b`. */
function splitOnce(word: string): readonly string[] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}
