import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { LoadOptions } from '../load/http-load.ts'
import { type LoadResult, summarize } from '../load/load-result.ts'
import { forkLoad } from '../load/start-load.ts'
import type { AnsweredLoad } from '../load/verify-accepted.ts'
import type { Contestant } from './contestant.ts'
import type { Cell } from './measurement.ts'
import {
  readCpuSeconds,
  readMachineCpuSeconds,
  readPeakRssBytes,
  readStolenSeconds,
  resetPeakRss,
} from './process-usage.ts'

/** An answer that takes longer is none, ms. */
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Puts one load on one contestant, and looks at the server's process meanwhile.
 *
 * What earlier loads left to be written goes to the disk first: the system begins with it 30 s later, and whoever is then
 * measured would wait for it, up to a tenth of a second for each request to Kafka.
 */
export async function runCell(
  contestant: Contestant,
  cell: Pick<LoadOptions, 'plan' | 'loop' | 'warmupMs'> & {
    readonly load: string
    readonly round: number
    readonly kafkaPid: number | undefined
  },
): Promise<{ readonly measured: Cell; readonly answered: AnsweredLoad }> {
  const { pid, target } = contestant
  const { plan, loop, warmupMs, round } = cell
  await promisify(execFile)('sync')
  resetPeakRss(pid)
  const options = { plan, loop, warmupMs, target, requestTimeoutMs: REQUEST_TIMEOUT_MS }
  const usages: Usage[] = []
  const load = forkLoad(options, (phase) => {
    if (phase !== 'prepared') usages.push(readUsage({ server: pid, known: [pid, cell.kafkaPid, load.pid] }))
  })
  const result = await load.result
  const [before, after] = usages
  if (before === undefined || after === undefined) throw new Error(`${contestant.name}: the load was not measured`)
  const seconds = (result.measuredToMs - result.measuredFromMs) / 1_000
  const summary = summarize(result)
  const accepted = summary.byClass['2xx']
  const acceptedInTime = summary.acceptedPerSecond * seconds
  const measured: Cell = {
    contestant: contestant.name,
    load: cell.load,
    round,
    acceptedPerSecond: summary.acceptedPerSecond,
    p50Ms: accepted?.p50 ?? Number.NaN,
    p99Ms: accepted?.p99 ?? Number.NaN,
    cpuSecondsPer10k: ((after.serverSeconds - before.serverSeconds) / acceptedInTime) * 10_000,
    peakRssBytes: readPeakRssBytes(pid),
    neighbourCores: Math.max(0, after.otherSeconds - before.otherSeconds) / seconds,
    stolenCores: (after.stolenSeconds - before.stolenSeconds) / seconds,
    notAccepted: countNotAccepted(result),
  }
  return { measured, answered: { plan, result: trim(result) } }
}

/** CPU time since some start, in seconds. */
interface Usage {
  readonly serverSeconds: number
  /** Of programs that have no part in the race. */
  readonly otherSeconds: number
  readonly stolenSeconds: number
}

function readUsage(pids: { readonly server: number; readonly known: readonly (number | undefined)[] }): Usage {
  const known = pids.known.reduce<number>((sum, pid) => sum + (pid === undefined ? 0 : readCpuSeconds(pid)), 0)
  const own = process.cpuUsage()
  const otherSeconds = readMachineCpuSeconds() - known - (own.user + own.system) / 1e6
  return { serverSeconds: readCpuSeconds(pids.server), otherSeconds, stolenSeconds: readStolenSeconds() }
}

/** Sent without a 2xx, or due and never sent. */
function countNotAccepted(result: LoadResult): number {
  let count = result.unsent
  for (const status of result.status) if (status !== 0 && (status < 200 || status >= 300)) count += 1
  return count
}

/** What the verification needs, without the webhooks that were made and not sent. */
function trim(result: LoadResult): AnsweredLoad['result'] {
  const end = result.status.findLastIndex((status) => status !== 0) + 1
  return {
    status: result.status.slice(0, end),
    sentMs: result.sentMs.slice(0, end),
    answeredMs: result.answeredMs.slice(0, end),
  }
}
