// A plan in words, for people and for messages.
import { describeMs } from './plan-loss.ts'
import type { RefusedChange, SettingChange, TopicChange } from './plan-topology.ts'

/** Why a kind of difference is refused, and what to do instead. */
const ADVICE: Readonly<Record<RefusedChange['kind'], string>> = {
  repartition: 'another partition count would break the order of keys: docs/topics.md says how to change it',
  replicate: "copies are moved by the cluster's own kafka-reassign-partitions: docs/topics.md shows how",
  spread: 'TOPIC_REPLICATION_FACTOR and TOPIC_MIN_INSYNC_REPLICAS say how many; on a single broker, 1 and 1',
}

/** Refused differences, a line each, then why they are refused, a line for each kind. Pure. */
export function describeRefusals(refused: readonly RefusedChange[]): readonly string[] {
  const kinds = new Set(refused.map(({ kind }) => kind))
  return [...refused.map(describeRefusal), ...[...kinds].map((kind) => ADVICE[kind])]
}

function describeRefusal(change: RefusedChange): string {
  if (change.kind === 'spread')
    return `${countOf(change.topics.length, 'topic')} to create with ${change.to} copies, on ${countOf(change.from, 'broker')}`
  const { topic, from, to } = change
  if (change.kind === 'replicate') return `${topic} has ${change.from.join(' to ')} copies, not ${to}`
  const origin = change.origin === undefined ? '' : ` as its origin ${change.origin}`
  return `${topic} has ${from} partitions, not ${to}${origin}`
}

/** What a change loses, a line for each setting; empty: nothing. Pure. */
export function describeLosses(change: TopicChange): readonly string[] {
  if (change.kind === 'create') return []
  return change.settings.flatMap((setting) =>
    setting.loss === undefined ? [] : [`${change.topic}: ${describeSetting(setting)}`],
  )
}

/** One setting, old and new: `retention.ms 14 d → 7 d, deletes what is older than 7 d`. Pure. */
export function describeSetting({ name, from, inherited, to, loss }: SettingChange): string {
  const old = `${describeValue(name, from)}${inherited ? " (the cluster's default)" : ''}`
  return `${name} ${old} → ${describeValue(name, to)}${loss === undefined ? '' : `, ${loss}`}`
}

/** A setting's value: a retention in days, everything else as it is. Pure. */
export function describeValue(name: string, value: string): string {
  return name === 'retention.ms' ? describeMs(Number(value)) : value
}

/** A difference that is still there. Pure. */
export function describeChange(change: TopicChange): string {
  return change.kind === 'create'
    ? `${change.spec.topic} is missing`
    : `${change.topic}: ${change.settings.map(describeSetting).join(', ')}`
}

function countOf(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
