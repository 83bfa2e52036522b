import { setTimeout as sleep } from 'node:timers/promises'
import { pushSchemas } from '@murmuration/avro'
import { applyTopology, createTopicNames, toTopology } from '@murmuration/kafka'
import { catalog } from '@murmuration/schemas'
import { longestGaps } from '../order/consumer-timing.ts'
import { judgeHistory, type Verdict } from '../order/judge-history.ts'
import { countUncommitted, readEvidence } from './consumer-evidence.ts'
import { answerTo, type Failures } from './consumer-failures.ts'
import { type Members, startMembers } from './consumer-members.ts'
import { type ConsumerSink, startConsumerSink } from './consumer-sink.ts'
import { startTraffic, type Traffic } from './consumer-traffic.ts'
import { type FaultName, faultNames, keepReport } from './fault-report.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { createRandom, faultSeed } from './seeded.ts'

/** The sink of the messages that dead-letters; its topics follow from the catalog. */
const GROUP_ID = 'crm-sync.postgres'
const PARTITIONS = 6
/** From the end of the traffic until everything is settled and committed, ms. */
const SETTLE_MS = 90_000
const START_MS = 60_000
const HEAP_MEGABYTES = 160

/** A scenario of the consumer suite. */
export interface Scenario {
  readonly name: FaultName
  readonly cluster: KafkaCluster
  /** Breaks and heals, while traffic flows. @returns problems of its own, and what it measured, for the report */
  play(group: RunningGroup): Promise<{ readonly problems: readonly string[]; readonly note?: string }>
  readonly members?: number
  readonly keys?: number
  readonly ratePerSecond?: number
  /** From a handler's begin to its answer about twice this, ms at most; half of it at the sink. */
  readonly workMs?: number
  readonly concurrency?: number
  readonly failures?: Partial<Failures>
  /** Keys whose records fail as long as it says so. */
  readonly isFailing?: (key: string) => boolean
}

/** Members at work, and the traffic that they work on. */
export interface RunningGroup {
  readonly members: Members
  readonly sink: ConsumerSink
  readonly traffic: Traffic
  /** Of the seed. */
  readonly random: () => number
  readonly prefix: string
  /**
   * Waits until the present process of a member has had a call. @returns how long after its first word, ms: until then
   * the machine loads Node and our sources, which takes long when others want it too
   */
  untilWorking(member: Members['all'][number]): Promise<number>
}

/** Plays a scenario to its end, and judges what the sink saw. */
export async function playConsumers(scenario: Scenario): Promise<Verdict> {
  const { name, cluster, keys = 100, ratePerSecond = 300, workMs = 4, concurrency = 16 } = scenario
  // By name, so that a scenario is the same alone and among the others.
  const seed = faultSeed * 1_000 + faultNames.indexOf(name)
  const prefix = `${name}.`
  const random = createRandom(seed)
  const failures: Failures = { seed, retryShare: 0.02, maxFailMs: 4_000, refuseShare: 0.003, ...scenario.failures }
  const groupPlace = { cluster, prefix, groupId: GROUP_ID }
  await createTopics(cluster, prefix)

  await using cleanup = new AsyncDisposableStack()
  const sink = await startConsumerSink({
    answer: (call, sinceMs) =>
      scenario.isFailing?.(call.key) === true ? 'retry' : answerTo(failures, { eventId: call.eventId, sinceMs }),
    delayMs: () => (workMs === 0 ? 0 : random() * workMs),
  })
  cleanup.defer(() => sink.close())
  const traffic = await startTraffic({ cluster, prefix, seed, keys, ratePerSecond })
  cleanup.defer(() => traffic.stop())
  const place = {
    cluster,
    prefix,
    groupId: GROUP_ID,
    sinkPort: sink.port,
    concurrency,
    workMs,
    heapMegabytes: HEAP_MEGABYTES,
  }
  const members = startMembers(scenario.members ?? 3, place)
  cleanup.defer(async () => {
    await Promise.all(members.all.map((member) => member.kill()))
  })

  async function untilWorking(member: Members['all'][number]): Promise<number> {
    const { pid } = member
    const untilMs = performance.now() + START_MS
    for (;;) {
      const firstMs = sink.firstCallMs(pid)
      if (firstMs !== undefined) return firstMs - (sink.helloMs(pid) ?? 0)
      if (performance.now() > untilMs) throw new Error(`${member.clientId} has had no call after ${START_MS / 1_000} s`)
      await sleep(20)
    }
  }

  if (ratePerSecond > 0) await Promise.all(members.all.map(untilWorking))
  const played = await scenario.play({ members, sink, traffic, random, prefix, untilWorking })
  await traffic.stop()
  const settledMs = await untilSettled(groupPlace, { sink, traffic })
  const exits = await Promise.all(members.all.map((member) => member.stop()))
  const evidence = await readEvidence(groupPlace)
  const verdict = judgeHistory(sink.history, {
    ...evidence,
    acknowledged: traffic.acknowledged,
    freezes: members.freezes,
  })
  const problems = [
    ...verdict.problems,
    ...played.problems,
    ...members.surprises,
    ...(settledMs === undefined ? [`not everything is settled ${SETTLE_MS / 1_000} s after the last record`] : []),
    ...exits.flatMap(({ code, signal }) =>
      code === 0 ? [] : [`a member that was told to end ended with ${code ?? signal}`],
    ),
  ]
  report(scenario, { ...verdict, problems }, [played.note ?? '', ...toNotes({ verdict, sink, traffic, settledMs })])
  return { ...verdict, problems }
}

async function createTopics(cluster: KafkaCluster, prefix: string): Promise<void> {
  const names = createTopicNames(prefix)
  const copies = cluster.nodes.length
  const topology = toTopology(names, {
    replicationFactor: copies,
    minInsyncReplicas: Math.max(1, copies - 1),
    overrides: { [catalog.message.topic]: { partitions: PARTITIONS } },
  })
  const used = [catalog.message, catalog['partition-outcomes'], catalog['quarantined-record']].map(({ topic }) => topic)
  await applyTopology(
    cluster.kafka,
    topology.filter(({ topic }) => used.some((name) => names.unprefixed(topic).startsWith(name))),
  )
  await pushSchemas({ url: cluster.registryUrl, topicPrefix: prefix, timeoutMs: 10_000 })
}

/** Waits until every acknowledged event came to an end at the sink, and all is committed. @returns ms; undefined: it did not */
async function untilSettled(
  place: Parameters<typeof countUncommitted>[0],
  { sink, traffic }: Pick<RunningGroup, 'sink' | 'traffic'>,
): Promise<number | undefined> {
  const startedMs = performance.now()
  while (performance.now() < startedMs + SETTLE_MS) {
    const atSink = sink.ended.size >= traffic.acknowledged.length
    // A coordinator that is away for a moment cannot be asked.
    if (atSink && (await countUncommitted(place).catch(() => 1)) === 0) return performance.now() - startedMs
    await sleep(200)
  }
  return undefined
}

function toNotes({
  verdict,
  sink,
  traffic,
  settledMs,
}: Pick<RunningGroup, 'sink' | 'traffic'> & { readonly verdict: Verdict; readonly settledMs: number | undefined }) {
  const gaps = longestGaps(sink.history)
  return [
    `${traffic.acknowledged.length} records, ${verdict.repeats} repeated, ${verdict.deadLetters} dead letters`,
    ...(verdict.repeatedDeadLetters > 0 ? [`${verdict.repeatedDeadLetters} of them twice`] : []),
    ...(verdict.sourceDuplicates > 0 ? [`${verdict.sourceDuplicates} written twice by the source`] : []),
    ...(verdict.outlived > 0 ? [`${verdict.outlived} calls outlived their lease`] : []),
    `longest standstill ${toSeconds(gaps.allMs)}, of one partition ${toSeconds(gaps.oneMs)}`,
    ...(settledMs === undefined ? [] : [`settled after ${toSeconds(settledMs)}`]),
  ]
}

function report({ name }: Scenario, { answers, problems }: Verdict, notes: readonly string[]): void {
  const unmeasured = { maxAnswerMs: Number.NaN, firstMs: Number.NaN, steadyMs: Number.NaN, peakRssBytes: Number.NaN }
  const note = notes.filter((text) => text !== '').join(', ')
  keepReport({ name, answers: { ...answers }, ...unmeasured, notReady: undefined, note, problems })
}

/** For people. */
export function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
