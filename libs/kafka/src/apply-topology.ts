import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { classifyKafkaError, KafkaRefusedError, TopicMismatchError, TopologyRefusedError } from './kafka-errors.ts'
import { differs, planTopology, type TopicChange, type TopologyPlan } from './plan-topology.ts'
import { findUnknownTopics } from './plan-unknown.ts'
import { describeChange, describeLosses, describeRefusals } from './plan-words.ts'
import { readSettings, readTopics } from './read-topology.ts'
import type { TopicNames } from './topics.ts'
import type { TopicSpec } from './topology.ts'

/** Between two looks at what should have changed, ms, and how many looks there are. */
const LOOK_MS = 100
const LOOKS = 50

/** A plan, with the topics that look like ours and that nobody asks for: information, they are always left alone. */
export interface InspectedTopology extends TopologyPlan {
  readonly unknown: readonly string[]
}

/** What `applyTopology` did, by topic. */
export interface AppliedTopology {
  readonly created: readonly string[]
  readonly changed: readonly string[]
  /** Were as they should be. */
  readonly existing: readonly string[]
}

export interface ApplyOptions {
  /** Carries out changes that delete records, or refuse some from then on. */
  readonly allowDataLoss?: boolean
  /** Told of every change once Kafka has acknowledged it. */
  readonly onChanged?: (change: TopicChange) => void
}

/** Compares the cluster with the topology; changes nothing. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
export function inspectTopology(
  kafka: Kafka,
  input: { readonly wanted: readonly TopicSpec[]; readonly names: TopicNames },
): Promise<InspectedTopology> {
  return withAdmin(kafka, async (admin) => {
    const plan = await readPlan(admin, input.wanted)
    return { ...plan, unknown: findUnknownTopics(await admin.listTopics(), input) }
  })
}

/**
 * Makes the cluster as the topology wants it: creates what is missing, changes settings, and looks whether it is so.
 *
 * Deletes no topic and changes no partition count. What is refused is refused as a whole, before anything is changed.
 * Repeating it, or running it twice at once, ends in the same state.
 * @throws {TopologyRefusedError} partitions or copies differ, brokers are too few, or records would be lost that nobody gave up
 * @throws {TopicMismatchError} somebody else changes the same topics meanwhile
 * @throws {KafkaUnavailableError} @throws {KafkaRefusedError}
 */
export function applyTopology(
  kafka: Kafka,
  wanted: readonly TopicSpec[],
  options: ApplyOptions = {},
): Promise<AppliedTopology> {
  return withAdmin(kafka, async (admin) => {
    const plan = await readPlan(admin, wanted)
    refuseUnsafe(plan, options)
    await carryOut(admin, plan.changes, options.onChanged)
    if (plan.changes.length > 0) await verify(admin, wanted)
    return {
      created: plan.changes.flatMap((change) => (change.kind === 'create' ? [change.spec.topic] : [])),
      changed: plan.changes.flatMap((change) => (change.kind === 'configure' ? [change.topic] : [])),
      existing: plan.unchanged,
    }
  })
}

async function withAdmin<T>(kafka: Kafka, act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await act(admin)
  } catch (error) {
    throw error instanceof TopicMismatchError || error instanceof TopologyRefusedError
      ? error
      : classifyKafkaError(error)
  } finally {
    await admin.disconnect()
  }
}

async function readPlan(admin: Admin, wanted: readonly TopicSpec[]): Promise<TopologyPlan> {
  const topics = wanted.map(({ topic }) => topic)
  const { brokers } = await admin.describeCluster()
  return planTopology(await readTopics(admin, topics), wanted, { brokers: brokers.length })
}

function refuseUnsafe(plan: TopologyPlan, { allowDataLoss = false }: ApplyOptions): void {
  const losses = allowDataLoss ? [] : plan.changes.flatMap(describeLosses)
  if (plan.refused.length + losses.length === 0) return
  throw new TopologyRefusedError({ refusals: describeRefusals(plan.refused), losses })
}

async function carryOut(
  admin: Admin,
  changes: readonly TopicChange[],
  onChanged: (change: TopicChange) => void = () => undefined,
): Promise<void> {
  const created = changes.filter((change) => change.kind === 'create')
  // Topics that somebody else has created meanwhile are no failure; `verify` looks whether they are as they should be.
  if (created.length > 0) {
    const topics = created.map(({ spec }) => toCreateRequest(spec))
    await admin.createTopics({ topics, waitForLeaders: false })
    created.forEach(onChanged)
  }
  for (const change of changes) {
    if (change.kind !== 'configure') continue
    await configure(admin, change)
    onChanged(change)
  }
}

function toCreateRequest(spec: TopicSpec) {
  return {
    topic: spec.topic,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor,
    configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
  }
}

/**
 * Changes settings of one topic.
 *
 * The client knows only AlterConfigs, which replaces all settings of the topic's own: what others have set there is read
 * right before and sent along. A broker hears of a change up to half a second after the controller has acknowledged it,
 * so what somebody else sets within the same second is lost.
 */
async function configure(admin: Admin, change: Extract<TopicChange, { kind: 'configure' }>): Promise<void> {
  const { topic } = change
  const settings = Object.entries((await readSettings(admin, [topic])).get(topic) ?? {})
  const entries = new Map(settings.flatMap(([name, { value, inherited }]) => (inherited ? [] : [[name, value]])))
  for (const { name, to } of change.settings) entries.set(name, to)
  const configEntries = [...entries].map(([name, value]) => ({ name, value }))
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }]
  await admin.alterConfigs({ validateOnly: false, resources })
}

/** Waits until the brokers show what the controller has acknowledged, leaders of new topics included. */
async function verify(admin: Admin, wanted: readonly TopicSpec[]): Promise<void> {
  for (let look = 1; ; look += 1) {
    const plan = await lookAgain(admin, wanted)
    if (plan !== undefined && !differs(plan)) return
    if (look === LOOKS) {
      const left = plan === undefined ? ['new topics are not known to all brokers'] : plan.changes.map(describeChange)
      throw new TopicMismatchError([...left, ...describeRefusals(plan?.refused ?? [])])
    }
    await sleep(LOOK_MS)
  }
}

/** The plan; undefined where a broker has not heard of a new topic yet, which a busy machine shows now and then. */
async function lookAgain(admin: Admin, wanted: readonly TopicSpec[]): Promise<TopologyPlan | undefined> {
  try {
    return await readPlan(admin, wanted)
  } catch (error) {
    const reason = classifyKafkaError(error)
    if (reason instanceof KafkaRefusedError && reason.kafkaError === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
    throw error
  }
}
