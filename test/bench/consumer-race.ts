import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findCallProblems, parseTrace, timeCalls } from './consumer-calls.ts'
import type { Cell } from './consumer-cell.ts'
import { type Contestant, type ContestantProgram, startContestant } from './consumer-contestant.ts'
import type { ConsumerBenchOptions } from './consumer-options.ts'
import { APART, countSuccesses, FAILING_KEYS, nameOf, type Scenario, toScenarios } from './consumer-scenario.ts'
import { type ConsumerSink, startSink } from './consumer-sink.ts'
import { createRaceTopics, type RaceTopics } from './consumer-topics.ts'
import { readCpuSeconds, readMachineCpuSeconds } from './process-usage.ts'

/** Longest time that a run may take beyond a serial one of its records, ms. */
const PATIENCE_MS = 60_000
const SERIAL_MS = 6
const WARM_UP_RECORDS = 10_000

/** What the race is run with. */
export interface ConsumerArena {
  /** Data and logs of this run; deleted afterwards. */
  readonly dir: string
  readonly brokers: string
  readonly registryUrl: string
  /** Of Kafka and the registry. */
  readonly serverPids: readonly number[]
  readonly programs: readonly ContestantProgram[]
  readonly onStep: (text: string) => void
}

interface Race extends ConsumerArena {
  readonly topics: RaceTopics
  readonly sink: ConsumerSink
}

interface Lane {
  readonly program: ContestantProgram
  contestant: Contestant
}

/** Runs all pairs; every contestant that was started is stopped, whatever happens. A run that fails is a cell with a problem. */
export async function race(options: ConsumerBenchOptions, arena: ConsumerArena): Promise<readonly Cell[]> {
  await using cleanup = new AsyncDisposableStack()
  const sink = await startSink()
  cleanup.defer(() => sink.close())
  const running: Race = { ...arena, sink, topics: createRaceTopics(arena) }
  const scenarios = toScenarios(options)
  for (const scenario of [...toWarmUps(), ...scenarios]) await running.topics.backlogOf(scenario)

  const lanes: Lane[] = []
  for (const program of arena.programs) {
    arena.onStep(`warming up ${program.name}`)
    const lane = { program, contestant: await startWarm(program, running) }
    cleanup.defer(() => lane.contestant.close())
    lanes.push(lane)
  }
  const cells: Cell[] = []
  const runs = options.pairs * scenarios.length * lanes.length
  for (let pair = 1; pair <= options.pairs; pair += 1) {
    for (const [place, scenario] of scenarios.entries()) {
      for (const lane of (pair + place) % 2 === 0 ? lanes : lanes.toReversed()) {
        const cell = await runCell(lane.contestant, { scenario, pair }, running)
        cells.push(cell)
        arena.onStep(`${`[${cells.length}/${runs}]`.padEnd(10)} ${describe(cell)}`)
        if (Number.isNaN(cell.elapsedMs)) {
          await lane.contestant.close()
          lane.contestant = await startWarm(lane.program, running)
        }
      }
    }
  }
  return cells
}

/** Both kinds of work, 100 keys; a JVM needs some ten thousand calls until it has compiled them. */
function toWarmUps(): readonly Scenario[] {
  const records = WARM_UP_RECORDS
  return (['sleep', 'http'] as const).map((work) => ({ part: work, work, keys: FAILING_KEYS, records }))
}

async function startWarm(program: ContestantProgram, race: Race): Promise<Contestant> {
  const contestant = await startContestant(program)
  for (const pair of [-2, -1]) {
    for (const scenario of toWarmUps()) {
      const { problems } = await runCell(contestant, { scenario, pair }, race)
      // Told, and no more: whatever is wrong comes again where it counts.
      if (problems.length > 0) race.onStep(`warm-up, ${nameOf(scenario)}: ${program.name} ${problems.join('; ')}`)
    }
  }
  return contestant
}

let groups = 0

async function runCell(
  contestant: Contestant,
  { scenario, pair }: { readonly scenario: Scenario; readonly pair: number },
  { topics, sink, dir, serverPids }: Race,
): Promise<Cell> {
  groups += 1
  const groupId = `bench-${groups}`
  const traceFile = join(dir, `${groupId}.trace`)
  const topic = await topics.backlogOf(scenario)
  if (contestant.name === 'murmuration') await topics.prepareGroup(scenario, groupId)
  sink.begin(scenario)
  const order = {
    topic,
    groupId,
    traceFile,
    successes: countSuccesses(scenario),
    failingKey: scenario.apart === 'failing' ? APART : undefined,
    sinkUrl: scenario.work === 'http' ? sink.url : undefined,
  }
  const cell = { contestant: contestant.name, scenario, pair }
  const [startedMs, before] = [performance.now(), readOtherCpuSeconds(serverPids)]
  try {
    const cpuSeconds = await contestant.run(order, PATIENCE_MS + scenario.records * SERIAL_MS)
    const otherSeconds = readOtherCpuSeconds(serverPids) - before - cpuSeconds
    const neighbourCores = Math.max(0, otherSeconds / ((performance.now() - startedMs) / 1_000))
    const calls = parseTrace(readFileSync(traceFile, 'utf8'))
    rmSync(traceFile)
    const cpuSecondsPer10k = (cpuSeconds / scenario.records) * 10_000
    const problems = [
      ...findCallProblems(calls, scenario),
      ...(scenario.work === 'http' ? askSink(sink, scenario) : []),
    ]
    return { ...cell, ...timeCalls(calls, scenario), cpuSecondsPer10k, neighbourCores, problems }
  } catch (error) {
    const problems = [error instanceof Error ? error.message : String(error)]
    const [elapsedMs, workMs, cpuSecondsPer10k, neighbourCores] = [Number.NaN, Number.NaN, Number.NaN, Number.NaN]
    return { ...cell, elapsedMs, workMs, cpuSecondsPer10k, neighbourCores, problems }
  }
}

/** CPU time of all programs but this one and the servers, since some start, in seconds. */
function readOtherCpuSeconds(serverPids: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN
  const { user, system } = process.cpuUsage()
  const known = serverPids.reduce((sum, pid) => sum + readCpuSeconds(pid), (user + system) / 1e6)
  return readMachineCpuSeconds() - known
}

/** The same look at the calls, by somebody who did not make them. */
function askSink(sink: ConsumerSink, scenario: Scenario): readonly string[] {
  const { calls, wrongKeys } = sink.seen()
  const problems = findCallProblems(calls, scenario).map((problem) => `${problem} at the sink`)
  return wrongKeys === 0 ? problems : [...problems, `${wrongKeys} with a wrong key at the sink`]
}

function describe({
  contestant,
  scenario,
  pair,
  elapsedMs,
  workMs,
  cpuSecondsPer10k,
  neighbourCores,
  problems,
}: Cell): string {
  const what = `pair ${pair}, ${nameOf(scenario)}: ${contestant}`.padEnd(66)
  const trouble = problems.length === 0 ? '' : `, ${problems.join('; ')}`
  return `${what} ${(elapsedMs / 1_000).toFixed(2)} s, work ${workMs.toFixed(2)} ms, CPU ${cpuSecondsPer10k.toFixed(2)} s per 10,000, others ${neighbourCores.toFixed(2)} cores${trouble}`
}
