import type { CommandIo, CommandResult } from '../command.ts'
import { carryOut } from './carry-out.ts'
import type { Collection } from './collect.ts'
import type { Cluster } from './open-cluster.ts'
import type { Plan } from './plan-parked.ts'
import { renderPlan, toJson } from './render.ts'
import type { SetAsideRecord } from './set-aside-record.ts'

/** How a command speaks of what it does. */
export interface ActWords {
  /** `told to retry`. */
  readonly done: string
  /** `would be told to retry`. */
  readonly planned: string
  /** What to do when nothing matches. */
  readonly nothing: string
}

/** Carries out a plan, or only shows it, and says what came of it. @throws as `carryOut` */
export async function act<R extends SetAsideRecord>(
  plan: Plan<R>,
  input: {
    readonly cluster: Cluster
    readonly io: Pick<CommandIo, 'err'>
    readonly words: ActWords
    readonly dryRun: boolean
    readonly found: Collection<R>
    readonly say: (at: string) => void
  },
): Promise<CommandResult> {
  const { words, dryRun, found } = input
  const { steps, skipped } = plan
  if (!dryRun && steps.length > 0) await carryOutAloud(steps, input)
  const more = found.matched - found.chosen.length
  const nothing = found.matched + found.othersMatched === 0
  return {
    text: nothing ? words.nothing : renderPlan(plan, { ...words, dryRun, more, left: leftOf(found, plan) }),
    json: {
      dryRun,
      operations: steps.map(({ about, id }) => ({ id, ...toJson(about) })),
      skipped: skipped.map(({ record, why }) => ({ why, ...toJson(record) })),
      matched: found.matched,
      left: leftOf(found, plan),
      more,
    },
    failed: nothing,
  }
}

/** How many match and are left as they are, those that no line tells of included. */
function leftOf<R extends SetAsideRecord>(found: Collection<R>, { skipped }: Plan<R>): number {
  return found.othersMatched - found.others.length + skipped.length
}

async function carryOutAloud(
  steps: Parameters<typeof carryOut>[0],
  { cluster, io, say }: { cluster: Cluster; io: Pick<CommandIo, 'err'>; say: (at: string) => void },
): Promise<void> {
  const publisher = await cluster.openPublisher()
  let sofar = 0
  try {
    await carryOut(steps, {
      publish: (records) => publisher.publish(records),
      onDone: (done) => {
        sofar = done
        say(`${done} of ${steps.length} done`)
      },
    })
  } catch (error) {
    io.err(`${sofar} of ${steps.length} were done for certain; the same command again goes on with the rest\n`)
    throw error
  }
}
