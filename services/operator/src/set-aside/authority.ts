import { ConfigInvalidError } from '@murmuration/config'
import type { CommandIo } from '../command.ts'
import type { CommandArgs, CommandOption } from '../command-args.ts'
import type { Authority } from './operation.ts'
import { isNarrow, type Selection } from './selection.ts'

export const AUTHORITY_OPTIONS: readonly CommandOption[] = [
  { name: '--because', value: 'REASON', about: 'why; recorded for 400 days, so no personal data. Needed' },
  { name: '--by', value: 'ACTOR', about: 'who orders it; recorded too. user@host when not given' },
  { name: '--all', about: 'act without a filter, on everything up to --limit' },
  { name: '--dry-run', about: 'show what it would do, and do nothing' },
]

/**
 * Reads who orders something and why.
 *
 * @throws {ConfigInvalidError} no reason or no consumer is given, or nothing narrows the command and `--all` is not given
 */
export function parseAuthority(
  args: CommandArgs,
  { selection, io }: { readonly selection: Selection; readonly io: Pick<CommandIo, 'now' | 'user'> },
): Authority & { readonly dryRun: boolean } {
  const dryRun = args.flags.has('--dry-run')
  const reason = args.values.get('--because')?.trim() ?? ''
  const actor = args.values.get('--by')?.trim() ?? io.user()
  const problems = [
    ...(reason === '' && !dryRun ? ['--because REASON: is not given; say why, it is recorded'] : []),
    ...(actor === '' ? ['--by ACTOR: is empty'] : []),
    ...(args.values.has('--consumer') ? [] : ['--consumer NAME: is not given; say whose records']),
    ...(isNarrow(selection) || args.flags.has('--all')
      ? []
      : ['no filter: give --key, --event-id, --reason, --since or --until, or --all to mean everything']),
  ]
  if (problems.length > 0) throw new ConfigInvalidError(problems)
  return { actor, reason, occurredAt: io.now(), dryRun }
}
