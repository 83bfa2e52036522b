import type { Command, Commands } from './command.ts'
import { type ActWords, act } from './set-aside/act.ts'
import { AUTHORITY_OPTIONS, parseAuthority } from './set-aside/authority.ts'
import type { Lane } from './set-aside/choose-consumers.ts'
import { type Collection, createCollector } from './set-aside/collect.ts'
import { createEventIds } from './set-aside/event-ids.ts'
import { type ParkedWord, planParked, whyNot } from './set-aside/plan-parked.ts'
import { readRetryPartitions } from './set-aside/read-parked.ts'
import { renderParked, toJson } from './set-aside/render.ts'
import { parseSelection, SELECTION_OPTIONS } from './set-aside/selection.ts'
import type { ParkedRecord } from './set-aside/set-aside-record.ts'
import { type Around, CONSUMER, ENVIRONMENT, withCluster } from './set-aside/with-cluster.ts'

const topicsOf = ({ mainTopic, retryTopic }: Lane) => [mainTopic, retryTopic]

/** `murmur parked list`: what waits. */
const listParked: Command = {
  usage: `murmur parked list [--consumer NAME] [filters]

Shows the records that wait in retry topics: key, event id, place, failure class, tries, age; no contents. Tries and the due
time are those at which a record was parked: its consumer keeps later ones in memory. Changes nothing.

${ENVIRONMENT}`,
  options: [CONSUMER, ...SELECTION_OPTIONS],
  run: (io, args) =>
    withCluster(io, args, {
      topicsOf,
      async run(around) {
        const found = await collect(around, () => true)
        const json = { parked: found.chosen.map(toJson), matched: found.matched }
        return { text: renderParked(found, io.now()), json }
      },
    }),
}

/** Commands of `murmur parked`. */
export const parkedCommands: Commands = {
  list: listParked,
  'retry-now': toCommand('retry-now', {
    does: `Tries the first parked record of each key that the filters choose, at once instead of when it is due; those behind it
follow in order when it has succeeded.`,
    done: 'told to retry now',
    planned: 'would be told to retry now',
  }),
  release: toCommand('release', {
    does: `Makes parked records dead letters when it is their turn; their keys go on without them. \`murmur letters redrive\` puts
them back.`,
    done: 'told to become a dead letter',
    planned: 'would become a dead letter',
  }),
  discard: toCommand('discard', {
    does: `Drops parked records for good when it is their turn; their keys go on without them. The outcome says that an operator
said so. Prefer release: a dead letter can be put back.`,
    done: 'told to be dropped',
    planned: 'would be dropped',
  }),
}

function toCommand(
  word: ParkedWord,
  { does, ...words }: Omit<ActWords, 'nothing'> & { readonly does: string },
): Command {
  return {
    usage: `murmur parked ${word} --consumer NAME --because REASON [filters] [--dry-run]

${does}
Recorded in pipeline.operations.v1 first, with who, when and why; pipeline.outcomes.v1 says what became of the record.
Needs a filter, or --all.

${ENVIRONMENT}`,
    options: [CONSUMER, ...SELECTION_OPTIONS, ...AUTHORITY_OPTIONS],
    run(io, args) {
      const { dryRun, ...authority } = parseAuthority(args, { selection: parseSelection(args, io.now()), io })
      return withCluster(io, args, {
        topicsOf,
        async run(around) {
          const found = await collect(around, (record) => whyNot(record, word) === undefined)
          const plan = planParked([...found.chosen, ...found.others], { ...authority, word, newId: io.newId })
          const nothing = 'nothing parked matches; `murmur parked list` shows what is parked'
          return act(plan, { ...around, dryRun, found, words: { ...words, nothing } })
        },
      })
    },
  }
}

async function collect(
  { io, cluster, lanes, selection, say }: Around,
  isFor: (record: ParkedRecord) => boolean,
): Promise<Collection<ParkedRecord>> {
  const readEventId = createEventIds(cluster.decode, {
    selection,
    onTrouble: (why) => io.err(`event ids are not shown: ${why}\n`),
  })
  const collector = createCollector<ParkedRecord>({ selection, readEventId, isFor })
  for (const lane of lanes) {
    for await (const { bounds, parked } of readRetryPartitions(lane, cluster)) {
      say(`${lane.retryTopic}/${bounds.partition} read, ${collector.result().matched} match`)
      await collector.add(parked)
    }
  }
  return collector.result()
}
