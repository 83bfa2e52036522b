import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { CorpusPlan } from '../load/corpus-plan.ts'
import type { LoadOptions } from '../load/http-load.ts'
import { readTopic } from '../load/read-topic.ts'
import { startLoad } from '../load/start-load.ts'
import { type AnsweredLoad, createAcceptanceVerifier, findAcceptanceProblems } from '../load/verify-accepted.ts'
import type { Arena, Contestant, ContestantName } from './contestant.ts'
import type { Cell } from './measurement.ts'
import { type BenchOptions, KEYS } from './options.ts'
import { createBenchKafka } from './prepare-topics.ts'
import type { BenchRun, Verification } from './render-report.ts'
import { runCell } from './run-cell.ts'
import { startBareFastify } from './start-bare-fastify.ts'
import { startProduct } from './start-product.ts'
import { startRedpandaConnect } from './start-redpanda-connect.ts'

const starters: Readonly<Record<ContestantName, (arena: Arena) => Promise<Contestant>>> = {
  murmuration: startProduct,
  fastify: startBareFastify,
  'redpanda-connect': (arena) => startRedpandaConnect(arena, 'redpanda-connect'),
  'redpanda-connect-linger-0': (arena) => startRedpandaConnect(arena, 'redpanda-connect-linger-0'),
}

/** Before the first round each is warmed up this long, ms: compilers and heaps need it. Before each load a little more. */
const FIRST_WARMUP_MS = 5_000
const WARMUP_MS = 1_000
/** Webhooks made for a contestant that has not shown its rate yet, per second; later this multiple of its best. */
const FIRST_GUESS_PER_SECOND = 25_000
const HEADROOM = 1.5
const OPEN_LOOP_CONNECTIONS = 1_024

interface Lane {
  readonly contestant: Contestant
  readonly answered: AnsweredLoad[]
  bestPerSecond: number
}

/** Runs all rounds, then verifies. Every contestant that was started is stopped, whatever happens. */
export async function race(
  options: BenchOptions,
  arena: Arena,
): Promise<Pick<BenchRun, 'contestants' | 'absent' | 'cells' | 'verifications'>> {
  await using cleanup = new AsyncDisposableStack()
  const absent: { name: ContestantName; why: string }[] = []
  const lanes: Lane[] = []
  for (const name of options.only) {
    if (name.startsWith('redpanda') && !isOnPath('go', arena.env.PATH)) {
      absent.push({ name, why: 'there is no `go` on the PATH to build it with' })
      continue
    }
    arena.onStep(`starting ${name}`)
    const contestant = await starters[name](arena)
    cleanup.defer(() => contestant.close())
    lanes.push({ contestant, answered: [], bestPerSecond: 0 })
  }
  let loads = 0
  const newPlan = (count: number, forgedEvery = 0): CorpusPlan => {
    loads += 1
    return { seed: options.seed, load: loads, count, keys: KEYS, forgedEvery }
  }
  for (const lane of lanes) {
    lane.answered.push(await checkJudgement(lane.contestant, newPlan(2, 2)))
    await runOne(lane, { name: 'warm-up', loop: { kind: 'closed', connections: 64, measureMs: FIRST_WARMUP_MS } }, 0)
  }
  const cells: Cell[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [place, load] of toLoads(options).entries()) {
      for (const lane of rotate(lanes, round + place)) cells.push(await runOne(lane, load, round))
    }
  }

  async function runOne(lane: Lane, load: Load, round: number): Promise<Cell> {
    const { loop } = load
    const sendMs = WARMUP_MS + (loop.measureMs ?? 0)
    const rate = loop.kind === 'open' ? loop.ratePerSecond : HEADROOM * lane.bestPerSecond || FIRST_GUESS_PER_SECOND
    const plan = newPlan(Math.ceil((rate * sendMs) / 1_000))
    const { measured, answered } = await runCell(lane.contestant, {
      plan,
      loop,
      load: load.name,
      round,
      warmupMs: WARMUP_MS,
      kafkaPid: arena.kafkaPid,
    })
    if (lane.contestant.topics.length > 0) lane.answered.push(answered)
    lane.bestPerSecond = Math.max(lane.bestPerSecond, measured.acceptedPerSecond)
    arena.onStep(describe(measured))
    return measured
  }

  const verifications: Verification[] = []
  for (const lane of lanes) verifications.push(...(await verify(lane, arena)))
  return {
    contestants: lanes.map(({ contestant: { name, title, description } }) => ({ name, title, description })),
    absent,
    cells,
    verifications,
  }
}

interface Load {
  readonly name: string
  readonly loop: LoadOptions['loop']
}

function toLoads(options: BenchOptions): readonly Load[] {
  const measureMs = options.seconds * 1_000
  const { rate } = options
  const closed = options.connections.map(
    (connections): Load => ({ name: String(connections), loop: { kind: 'closed', connections, measureMs } }),
  )
  const maxConnections = OPEN_LOOP_CONNECTIONS
  const open: Load = { name: `${rate}/s`, loop: { kind: 'open', ratePerSecond: rate, measureMs, maxConnections } }
  return rate === 0 ? closed : [...closed, open]
}

/** One webhook that is signed, one that is forged: a contestant that takes both, or neither, does not race. */
async function checkJudgement(contestant: Contestant, plan: CorpusPlan): Promise<AnsweredLoad> {
  const { target } = contestant
  const loop = { kind: 'closed', connections: 1 } as const
  const result = await startLoad({ plan, target, loop, warmupMs: 0, requestTimeoutMs: 10_000 })
  const [genuine = 0, forged = 0] = result.status
  if (genuine < 200 || genuine > 299 || forged !== 401)
    throw new Error(`${contestant.name} answered ${genuine} to a signed webhook and ${forged} to a forged one`)
  return { plan, result }
}

async function verify({ contestant, answered }: Lane, arena: Arena): Promise<readonly Verification[]> {
  const verifications: Verification[] = []
  for (const topic of contestant.topics) {
    const verifier = createAcceptanceVerifier(answered)
    const startedMs = performance.now()
    const groupId = `bench.${topic}`
    const records = await readTopic(createBenchKafka(arena), { topic, groupId, onRecord: verifier.add })
    const report = verifier.finish()
    const problems = [...findAcceptanceProblems(report)]
    if (report.foreign > 0) problems.push(`${report.foreign} records of nobody`)
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
    arena.onStep(`verified ${topic}: ${records} records in ${seconds} s, ${problems.join('; ') || 'all well'}`)
    verifications.push({ contestant: contestant.name, topic, records, accepted: report.accepted, problems })
  }
  return verifications
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

function describe(cell: Cell): string {
  const { contestant, load, round, acceptedPerSecond, p50Ms, p99Ms, cpuSecondsPer10k, notAccepted } = cell
  const what = `round ${round}, ${load}: ${contestant}`.padEnd(50)
  const trouble = notAccepted === 0 ? '' : `, ${notAccepted} without a 2xx`
  return `${what} ${Math.round(acceptedPerSecond)}/s, p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)} ms, CPU ${cpuSecondsPer10k.toFixed(2)} s per 10,000${trouble}`
}

function isOnPath(name: string, path = ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
