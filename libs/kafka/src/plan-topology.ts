import { lossOf } from './plan-loss.ts'
import type { TopicSpec } from './topology.ts'

/** A topic as the cluster has it. */
export interface ActualTopic {
  readonly topic: string
  readonly partitions: number
  /** The different counts of copies among its partitions, ascending; one, unless a reassignment is under way. */
  readonly copies: readonly number[]
  /** Every setting that is in force, by Kafka's name. */
  readonly config: Readonly<Record<string, ActualSetting>>
}

/** A setting that is in force. */
export interface ActualSetting {
  readonly value: string
  /** Not set on the topic: a default of the cluster, which may be another one tomorrow. */
  readonly inherited: boolean
}

/** One setting of a topic that differs. */
export interface SettingChange {
  readonly name: string
  readonly from: string
  /** The value was a default of the cluster; where it is the one that we want, it is only pinned. */
  readonly inherited: boolean
  readonly to: string
  /** What is deleted, or refused from then on; undefined: nothing. */
  readonly loss: string | undefined
}

/** A difference that `apply` carries out. */
export type TopicChange =
  | { readonly kind: 'create'; readonly spec: TopicSpec }
  | { readonly kind: 'configure'; readonly topic: string; readonly settings: readonly SettingChange[] }

/**
 * A difference that `apply` refuses: it breaks the order of keys, moves all data of the topic between brokers, or asks for
 * more than the cluster has.
 */
export type RefusedChange =
  | {
      readonly kind: 'repartition'
      readonly topic: string
      readonly from: number
      readonly to: number
      /** Of a retry or dead-letter topic. */
      readonly origin: string | undefined
    }
  | {
      readonly kind: 'replicate'
      readonly topic: string
      /** As `ActualTopic.copies`. */
      readonly from: readonly number[]
      readonly to: number
      /** How many there are, for whoever writes the reassignment. */
      readonly partitions: number
    }
  | {
      readonly kind: 'spread'
      /** New topics that want more copies than there are brokers. */
      readonly topics: readonly string[]
      /** Brokers that are up. */
      readonly from: number
      /** The most copies that one of them wants. */
      readonly to: number
    }

/** What it takes to make the cluster as the topology wants it. */
export interface TopologyPlan {
  /** In the order in which they are carried out: new topics first. */
  readonly changes: readonly TopicChange[]
  readonly refused: readonly RefusedChange[]
  /** Topics that are as they should be. */
  readonly unchanged: readonly string[]
}

/**
 * Compares what is with what should be. Settings that the topology does not name stay as they are. Pure.
 *
 * @param cluster.brokers how many are up
 */
export function planTopology(
  actual: readonly ActualTopic[],
  wanted: readonly TopicSpec[],
  cluster: { readonly brokers: number },
): TopologyPlan {
  const existing = new Map(actual.map((topic) => [topic.topic, topic]))
  const created: Extract<TopicChange, { kind: 'create' }>[] = []
  const configured: TopicChange[] = []
  const refused: RefusedChange[] = []
  const unchanged: string[] = []
  for (const spec of wanted) {
    const topic = existing.get(spec.topic)
    if (topic === undefined) {
      created.push({ kind: 'create', spec })
      continue
    }
    const refusals = refusalsOf(topic, spec)
    const settings = changedSettings(topic, spec)
    refused.push(...refusals)
    if (settings.length > 0) configured.push({ kind: 'configure', topic: spec.topic, settings })
    if (refusals.length + settings.length === 0) unchanged.push(spec.topic)
  }
  const wide = created.flatMap(({ spec }) => (spec.replicationFactor > cluster.brokers ? [spec] : []))
  if (wide.length > 0) {
    const to = Math.max(...wide.map(({ replicationFactor }) => replicationFactor))
    refused.push({ kind: 'spread', topics: wide.map(({ topic }) => topic), from: cluster.brokers, to })
  }
  return { changes: [...created, ...configured], refused, unchanged }
}

/** Whether the cluster is not as the topology wants it. */
export function differs(plan: TopologyPlan): boolean {
  return plan.changes.length + plan.refused.length > 0
}

function refusalsOf(actual: ActualTopic, { topic, partitions, replicationFactor, origin }: TopicSpec): RefusedChange[] {
  const refused: RefusedChange[] = []
  if (actual.partitions !== partitions) {
    refused.push({ kind: 'repartition', topic, from: actual.partitions, to: partitions, origin })
  }
  if (actual.copies.some((copies) => copies !== replicationFactor)) {
    refused.push({
      kind: 'replicate',
      topic,
      from: actual.copies,
      to: replicationFactor,
      partitions: actual.partitions,
    })
  }
  return refused
}

function changedSettings(actual: ActualTopic, { config }: TopicSpec): readonly SettingChange[] {
  return Object.entries(config).flatMap(([name, to]) => {
    const setting = actual.config[name]
    // Every broker knows the settings that we use; one that does not will say so when it is told.
    const { value: from, inherited } = setting ?? { value: '', inherited: true }
    return from === to && !inherited ? [] : [{ name, from, inherited, to, loss: lossOf(name, from, to) }]
  })
}
