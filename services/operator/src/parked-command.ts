import type { Command, CommandIo, CommandResult, Commands } from './command.ts'
import type { CommandArgs, CommandOption } from './command-args.ts'
import { steeringSettings } from './config.ts'
import { type ActWords, act } from './set-aside/act.ts'
import { AUTHORITY_OPTIONS, parseAuthority } from './set-aside/authority.ts'
import { chooseLanes, type Lane } from './set-aside/choose-consumers.ts'
import { type Collection, createCollector } from './set-aside/collect.ts'
import { createEventIds } from './set-aside/event-ids.ts'
import { type Cluster, openCluster, readSteering } from './set-aside/open-cluster.ts'
import { type ParkedWord, planParked, whyNot } from './set-aside/plan-parked.ts'
import { withProgress } from './set-aside/progress.ts'
import { readRetryPartitions } from './set-aside/read-parked.ts'
import { renderParked, toJson } from './set-aside/render.ts'
import { parseSelection, SELECTION_OPTIONS, type Selection } from './set-aside/selection.ts'
import type { ParkedRecord } from './set-aside/set-aside-record.ts'

const ENVIRONMENT = `Environment: ${Object.keys(steeringSettings).join(', ')}`
const CONSUMER: CommandOption = {
  name: '--consumer',
  value: 'NAME',
  about: 'only this consumer, e.g. crm-sync.postgres',
}

/** `murmur parked list`: what waits. */
const listParked: Command = {
  usage: `murmur parked list [--consumer NAME] [filters]

Shows the records that wait in retry topics: key, event id, place, failure class, tries, age; no contents. Tries and the due
time are those at which a record was parked: its consumer keeps later ones in memory. Changes nothing.

${ENVIRONMENT}`,
  options: [CONSUMER, ...SELECTION_OPTIONS],
  run: (io, args) =>
    withCluster(io, args, async ({ cluster, lanes, selection, say }) => {
      const found = await collect(cluster, { lanes, selection, io, say, isFor: () => true })
      const json = { parked: found.chosen.map(toJson), matched: found.matched }
      return { text: renderParked(found, io.now()), json }
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
      return withCluster(io, args, async ({ cluster, lanes, selection, say }) => {
        const isFor = (record: ParkedRecord) => whyNot(record, word) === undefined
        const found = await collect(cluster, { lanes, selection, io, say, isFor })
        const plan = planParked([...found.chosen, ...found.others], { ...authority, word, newId: io.newId })
        const nothing = 'nothing parked matches; `murmur parked list` shows what is parked'
        return act(plan, { cluster, io, dryRun, found, say, words: { ...words, nothing } })
      })
    },
  }
}

interface Around {
  readonly cluster: Cluster
  readonly lanes: readonly Lane[]
  readonly selection: Selection
  readonly say: (at: string) => void
}

async function withCluster(
  io: CommandIo,
  args: CommandArgs,
  run: (around: Around) => Promise<CommandResult>,
): Promise<CommandResult> {
  const selection = parseSelection(args, io.now())
  const steering = readSteering(io.env)
  const lanes = chooseLanes(args.values.get('--consumer'), steering.names)
  return withProgress(io.err, async (say) => {
    const cluster = await openCluster(
      steering,
      lanes.flatMap(({ mainTopic, retryTopic }) => [mainTopic, retryTopic]),
    )
    try {
      return await run({ cluster, lanes, selection, say })
    } finally {
      await cluster.close()
    }
  })
}

async function collect(
  cluster: Cluster,
  input: Omit<Around, 'cluster'> & { readonly io: CommandIo; readonly isFor: (record: ParkedRecord) => boolean },
): Promise<Collection<ParkedRecord>> {
  const { lanes, selection, io, say, isFor } = input
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
