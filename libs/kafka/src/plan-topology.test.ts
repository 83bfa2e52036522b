import { describe, expect, it } from 'vitest'
import { type ActualTopic, differs, planTopology } from './plan-topology.ts'
import { describeChange, describeLosses, describeRefusals } from './plan-words.ts'
import type { TopicSpec } from './topology.ts'

const DAY_MS = 24 * 60 * 60_000
const config = { 'cleanup.policy': 'delete', 'retention.ms': String(14 * DAY_MS), 'max.message.bytes': '4000' }
const wanted: TopicSpec = { topic: 'a', partitions: 12, replicationFactor: 3, config }

const BROKERS = { brokers: 3 }

/** Why, and where to read on. */
const ORDER: string = expect.stringMatching(/order of keys.*docs\/topics\.md/)
const REASSIGN: string = expect.stringMatching(/kafka-reassign-partitions.*docs\/topics\.md/)

/** The topic as it should be, but for what is given; `inherited` names settings that are the cluster's default. */
function actual(
  other: {
    readonly partitions?: number
    readonly copies?: readonly number[]
    readonly config?: Readonly<Record<string, string>>
    readonly inherited?: readonly string[]
  } = {},
): ActualTopic {
  const { inherited = [], partitions = 12, copies = [3] } = other
  const settings = Object.entries({ ...config, ...other.config })
  return {
    topic: 'a',
    partitions,
    copies,
    config: Object.fromEntries(
      settings.map(([name, value]) => [name, { value, inherited: inherited.includes(name) }] as const),
    ),
  }
}

/** What is planned, in words. */
function wordsOf(topics: readonly ActualTopic[], specs: readonly TopicSpec[] = [wanted]): readonly string[] {
  const plan = planTopology(topics, specs, BROKERS)
  return [...plan.changes.map(describeChange), ...describeRefusals(plan.refused)]
}

describe('planTopology', () => {
  it('plans nothing where all is as it should be', () => {
    const plan = planTopology([actual()], [wanted], BROKERS)
    expect(plan).toEqual({ changes: [], refused: [], unchanged: ['a'] })
    expect(differs(plan)).toBe(false)
  })

  it.each<[string, ActualTopic, readonly string[]]>([
    ['a longer retention', actual({ config: { 'retention.ms': String(DAY_MS) } }), ['a: retention.ms 1 d → 14 d']],
    [
      'a shorter retention, with what goes',
      actual({ config: { 'retention.ms': '-1' } }),
      ['a: retention.ms for ever → 14 d, deletes what is older than 14 d'],
    ],
    [
      'smaller batches, with what is refused',
      actual({ config: { 'max.message.bytes': '5000' } }),
      ['a: max.message.bytes 5000 → 4000, refuses batches over 4000 bytes from then on'],
    ],
    [
      'no compaction, with what goes',
      actual({ config: { 'cleanup.policy': 'compact' } }),
      ['a: cleanup.policy compact → delete, deletes what is older than the retention, the last of each key too'],
    ],
    [
      'a default of the cluster, also where it is the right one by chance',
      actual({ inherited: ['max.message.bytes'] }),
      ["a: max.message.bytes 4000 (the cluster's default) → 4000"],
    ],
  ])('changes settings: %s', (_, topic, words) => {
    expect(wordsOf([topic])).toEqual(words)
    expect(differs(planTopology([topic], [wanted], BROKERS))).toBe(true)
  })

  it('leaves settings alone that the topology does not name', () => {
    expect(wordsOf([actual({ config: { 'segment.ms': '1000' } })])).toEqual([])
  })

  it.each<[string, ActualTopic, readonly string[]]>([
    ['more partitions', actual({ partitions: 6 }), ['a has 6 partitions, not 12', ORDER]],
    ['fewer partitions', actual({ partitions: 24 }), ['a has 24 partitions, not 12', ORDER]],
    ['more copies', actual({ copies: [1] }), ['a has 1 copies, not 3', REASSIGN]],
    ['copies that are half moved', actual({ copies: [2, 3] }), ['a has 2 to 3 copies, not 3', REASSIGN]],
  ])('refuses %s, and says why', (_, topic, words) => {
    expect(planTopology([topic], [wanted], BROKERS).changes).toEqual([])
    expect(wordsOf([topic])).toEqual(words)
    expect(differs(planTopology([topic], [wanted], BROKERS))).toBe(true)
  })

  it('names the origin where a retry or dead-letter topic has another partition count than it', () => {
    expect(wordsOf([actual({ partitions: 6 })], [{ ...wanted, origin: 'o' }])).toEqual([
      'a has 6 partitions, not 12 as its origin o',
      ORDER,
    ])
  })

  it('refuses new topics with more copies than there are brokers, and says how many to ask for', () => {
    const specs = ['a', 'b'].map((topic) => ({ ...wanted, topic }))
    const { refused } = planTopology([actual()], [...specs, { ...wanted, topic: 'c' }], { brokers: 1 })
    expect(describeRefusals(refused)).toEqual([
      '2 topics to create with 3 copies, on 1 broker',
      expect.stringMatching(/TOPIC_REPLICATION_FACTOR.* on a single broker, 1 and 1/),
    ])
    expect(planTopology([], specs, { brokers: 3 }).refused).toEqual([])
  })

  it('creates before it changes, each in the order of the topology', () => {
    const specs = ['b', 'a', 'c'].map((topic) => ({ ...wanted, topic }))
    const plan = planTopology([actual({ config: { 'retention.ms': '1' } })], specs, BROKERS)
    expect(plan.changes.map(describeChange)).toEqual(['b is missing', 'c is missing', expect.stringMatching(/^a: /)])
    expect(plan.unchanged).toEqual([])
  })
})

describe('describeLosses', () => {
  it('names what is lost, and nothing where a setting grows or a topic is new', () => {
    const lossesOf = (topics: readonly ActualTopic[]) =>
      planTopology(topics, [wanted], BROKERS).changes.flatMap(describeLosses)
    expect(lossesOf([])).toEqual([])
    expect(lossesOf([actual({ config: { 'retention.ms': String(DAY_MS), 'max.message.bytes': '1' } })])).toEqual([])
    expect(lossesOf([actual({ config: { 'retention.ms': String(90 * DAY_MS) } })])).toEqual([
      'a: retention.ms 90 d → 14 d, deletes what is older than 14 d',
    ])
  })

  it('counts no loss where a topic is to keep its records for ever', () => {
    const spec = { ...wanted, config: { 'retention.ms': '-1' } }
    expect(planTopology([actual()], [spec], BROKERS).changes.flatMap(describeLosses)).toEqual([])
  })
})
