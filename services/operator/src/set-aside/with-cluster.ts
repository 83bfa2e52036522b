import type { CommandIo, CommandResult } from '../command.ts'
import type { CommandArgs, CommandOption } from '../command-args.ts'
import { steeringSettings } from '../config.ts'
import { chooseLanes, type Lane } from './choose-consumers.ts'
import { type Cluster, openCluster, readSteering } from './open-cluster.ts'
import { withProgress } from './progress.ts'
import { parseSelection, type Selection } from './selection.ts'

/** For the usage of every command about what was set aside. */
export const ENVIRONMENT = `Environment: ${Object.keys(steeringSettings).join(', ')}`
export const CONSUMER: CommandOption = {
  name: '--consumer',
  value: 'NAME',
  about: 'only this consumer, e.g. crm-sync.postgres',
}

/** What a command about set-aside records works with. */
export interface Around {
  readonly io: CommandIo
  readonly cluster: Cluster
  /** Of the consumers that were asked for. */
  readonly lanes: readonly Lane[]
  readonly selection: Selection
  /** Says what is under way, for those who wait. */
  readonly say: (at: string) => void
}

/** Reads options and settings, connects, and closes whatever happens. @param topicsOf what is read of a lane */
export async function withCluster(
  io: CommandIo,
  args: CommandArgs,
  { topicsOf, run }: { topicsOf: (lane: Lane) => readonly string[]; run: (around: Around) => Promise<CommandResult> },
): Promise<CommandResult> {
  const selection = parseSelection(args, io.now())
  const steering = readSteering(io.env)
  const lanes = chooseLanes(args.values.get('--consumer'), steering.names)
  return withProgress(io.err, async (say) => {
    const cluster = await openCluster(steering, [...new Set(lanes.flatMap(topicsOf))])
    try {
      return await run({ io, cluster, lanes, selection, say })
    } finally {
      await cluster.close()
    }
  })
}
