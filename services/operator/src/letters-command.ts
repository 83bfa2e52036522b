import type { Command, CommandIo, CommandResult, Commands } from './command.ts'
import type { CommandArgs } from './command-args.ts'
import { act } from './set-aside/act.ts'
import { AUTHORITY_OPTIONS, parseAuthority } from './set-aside/authority.ts'
import { createCollector } from './set-aside/collect.ts'
import { createEventIds } from './set-aside/event-ids.ts'
import { isOpen, toKnownRedrives } from './set-aside/operation.ts'
import { planRedrive } from './set-aside/plan-redrive.ts'
import { type RetryTrace, readLetters, readRetryTraces } from './set-aside/read-letters.ts'
import { renderLetters, toJson } from './set-aside/render.ts'
import { parseSelection, SELECTION_OPTIONS } from './set-aside/selection.ts'
import type { DeadLetter } from './set-aside/set-aside-record.ts'
import { type Around, CONSUMER, ENVIRONMENT, withCluster } from './set-aside/with-cluster.ts'

/** `murmur letters list`: what was given up. */
const listLetters: Command = {
  usage: `murmur letters list [--consumer NAME] [filters] [--redriven]

Shows dead letters that were not put back: key, event id, place, failure class, tries, age; no contents. Changes nothing.

${ENVIRONMENT}`,
  options: [CONSUMER, ...SELECTION_OPTIONS, { name: '--redriven', about: 'also those that were put back' }],
  run: (io, args) =>
    withLetters(io, args, async ({ read }) => {
      const found = await read((letter) => args.flags.has('--redriven') || isOpen(letter, { again: false }))
      const json = { letters: found.chosen.map(toJson), matched: found.matched }
      return { text: renderLetters(found, io.now()), json }
    }),
}

/** `murmur letters redrive`: puts them back. */
const redriveLetters: Command = {
  usage: `murmur letters redrive --consumer NAME --because REASON [filters] [--dry-run] [--again]

Puts dead letters back into the retry topic of their consumer, as they are, on their partition, behind what is parked of their
key. They are tried at once when it is their turn. Their order is kept among themselves; what came after them in their topic
may have been applied already. Recorded in pipeline.operations.v1 first, with who, when and why.

Safe to repeat: a letter that was put back is left alone, and what an interrupted command only recorded is carried out. The
letters stay in the dead-letter topic until they expire. Needs a filter, or --all.

${ENVIRONMENT}`,
  options: [
    CONSUMER,
    ...SELECTION_OPTIONS,
    ...AUTHORITY_OPTIONS,
    { name: '--again', about: 'also letters that were put back before, but for those that wait in the retry topic' },
  ],
  run(io, args) {
    const { dryRun, ...authority } = parseAuthority(args, { selection: parseSelection(args, io.now()), io })
    return withLetters(io, args, async ({ cluster, read, retryOf, say }) => {
      const again = args.flags.has('--again')
      const found = await read((letter) => isOpen(letter, { again }))
      const plan = planRedrive([...found.chosen, ...found.others], {
        ...authority,
        again,
        newId: io.newId,
        retryTopicOf: ({ topic, consumer }) => cluster.names.retry(topic, consumer),
        retryEndOf: (letter) => retryOf(letter)?.high ?? 0,
      })
      const words = {
        done: 'put back',
        planned: 'would be put back',
        nothing: 'no dead letter matches; `murmur letters list --redriven` shows what there is',
      }
      return act(plan, { cluster, io, dryRun, found, say, words })
    })
  },
}

/** Commands of `murmur letters`. */
export const lettersCommands: Commands = { list: listLetters, redrive: redriveLetters }

interface Letters extends Around {
  /** Reads the letters that the selection chooses; those that the command is for, and others. */
  readonly read: (isFor: (letter: DeadLetter) => boolean) => ReturnType<typeof collect>
  /** What is known of a letter's retry partition, after its lane was read. */
  readonly retryOf: (letter: DeadLetter) => RetryTrace | undefined
}

function withLetters(
  io: CommandIo,
  args: CommandArgs,
  run: (around: Letters) => Promise<CommandResult>,
): Promise<CommandResult> {
  const traces = new Map<string, RetryTrace>()
  return withCluster(io, args, {
    topicsOf: ({ mainTopic, retryTopic, deadLetterTopic }) => [mainTopic, retryTopic, deadLetterTopic],
    run: (around) =>
      run({
        ...around,
        read: (isFor) => collect(around, { isFor, traces }),
        retryOf: ({ consumer, topic, partition }) => traces.get(`${consumer} ${topic} ${partition}`),
      }),
  })
}

async function collect(
  { io, cluster, lanes, selection, say }: Around,
  { isFor, traces }: { readonly isFor: (letter: DeadLetter) => boolean; readonly traces: Map<string, RetryTrace> },
) {
  const readEventId = createEventIds(cluster.decode, {
    selection,
    onTrouble: (why) => io.err(`event ids are not shown: ${why}\n`),
  })
  const collector = createCollector<DeadLetter>({ selection, readEventId, isFor })
  say('reading what was put back before')
  const known = toKnownRedrives(await cluster.operations())
  for (const lane of lanes) {
    const retry = await readRetryTraces(lane, cluster)
    for (const [partition, trace] of retry) traces.set(`${lane.consumer} ${lane.topic} ${partition}`, trace)
    await readLetters(lane, cluster, {
      traces: { known, retry },
      onLetters: async (letters) => {
        await collector.add(letters)
        const last = letters.at(-1)?.record
        say(`${last?.topic}/${last?.partition} read to ${last?.offset}, ${collector.result().matched} match`)
      },
    })
  }
  return collector.result()
}
