import { randomUUID } from 'node:crypto'
import { silentLogger } from '@murmuration/observability'
import { catalog } from '@murmuration/schemas'
import kafkajs, { type Admin } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { applyTopology, inspectTopology } from './apply-topology.ts'
import { createKafka } from './create-kafka.ts'
import { TopologyRefusedError } from './kafka-errors.ts'
import { readTopics } from './read-topology.ts'
import { createTopicNames } from './topics.ts'
import { type TopicOverride, type TopicSpec, toTopology } from './topology.ts'

const DAY_MS = 24 * 60 * 60_000
const { topic } = catalog['raw-webhook']
const brokers = inject('kafkaBrokers').split(',')
const kafka = createKafka({ brokers, clientId: 'topology-test', logger: silentLogger })
const admin: Admin = kafka.admin()

beforeAll(() => admin.connect())
afterAll(() => admin.disconnect())

/** A deployment of its own, and what it wants of the raw topic. */
function deployment(prefix = `topology-${randomUUID()}.`) {
  const names = createTopicNames(prefix)
  const wantedOf = (override: TopicOverride = {}): readonly TopicSpec[] =>
    toTopology(names, { replicationFactor: 1, minInsyncReplicas: 1, overrides: { [topic]: override } })
  return { names, raw: names.topic(topic), wanted: wantedOf(), wantedOf }
}

/** The settings of the topic's own; a broker hears of a change a little after it was acknowledged. */
async function ownSettings(name: string): Promise<Readonly<Record<string, string>>> {
  const [found] = await readTopics(admin, [name])
  const own = Object.entries(found?.config ?? {}).filter(([, { inherited }]) => !inherited)
  return Object.fromEntries(own.map(([key, { value }]) => [key, value]))
}

/** Settles for what the topic's own settings are to be, and replaces all that are there. */
async function replaceSettings(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }]
  await admin.alterConfigs({ validateOnly: false, resources })
  await vi.waitFor(async () => expect(await ownSettings(name)).toEqual(settings), { timeout: 10_000 })
}

describe('applyTopology', () => {
  it('creates what is missing, as planned, and does nothing the second time', async () => {
    const { names, wanted } = deployment()
    const plan = await inspectTopology(kafka, { wanted, names })
    expect(plan.changes).toEqual(wanted.map((spec) => ({ kind: 'create', spec })))

    const topics = wanted.map((spec) => spec.topic)
    expect(await applyTopology(kafka, wanted)).toEqual({ created: topics, changed: [], existing: [] })
    expect(await inspectTopology(kafka, { wanted, names })).toEqual({
      changes: [],
      refused: [],
      unchanged: topics,
      unknown: [],
    })
    expect(await applyTopology(kafka, wanted)).toEqual({ created: [], changed: [], existing: topics })
  })

  it('refuses more copies than there are brokers, before it creates those topics that would do with one', async () => {
    const { names, raw, wanted } = deployment()
    const wide = wanted.map((spec) => (spec.topic === raw ? { ...spec, replicationFactor: 1_000 } : spec))
    await expect(applyTopology(kafka, wide)).rejects.toThrow(/1 topic to create with 1000 copies, on \d+ broker/)
    expect((await admin.listTopics()).filter((name) => name.startsWith(names.prefix))).toEqual([])
  })

  it('ends in the same state when three run at once', async () => {
    const { names, wanted } = deployment()
    await Promise.all([1, 2, 3].map(() => applyTopology(kafka, wanted)))
    const plan = await inspectTopology(kafka, { wanted, names })
    expect([plan.changes, plan.refused]).toEqual([[], []])
  })

  it('changes a retention and leaves what others have set on the topic', async () => {
    const { raw, wanted, wantedOf } = deployment()
    await applyTopology(kafka, wanted)
    await replaceSettings(raw, { ...(await ownSettings(raw)), 'segment.ms': '3600000' })

    const longer = wantedOf({ retentionMs: 9 * DAY_MS })
    const told: unknown[] = []
    const applied = await applyTopology(kafka, longer, { onChanged: (change) => told.push(change) })
    expect([applied.created, applied.changed]).toEqual([[], [raw]])
    expect(told).toEqual([expect.objectContaining({ kind: 'configure', topic: raw })])
    expect(await ownSettings(raw)).toEqual({
      'cleanup.policy': 'delete',
      'max.message.bytes': String(4 * 1_048_576),
      'min.insync.replicas': '1',
      'retention.ms': String(9 * DAY_MS),
      'segment.ms': '3600000',
    })
  })

  it('pins settings that are right by the default of the cluster only', async () => {
    const { raw, wanted } = deployment()
    await applyTopology(kafka, wanted)
    const { 'cleanup.policy': policy, ...others } = await ownSettings(raw)
    await replaceSettings(raw, others)
    await applyTopology(kafka, wanted)
    expect(await ownSettings(raw)).toEqual({ ...others, 'cleanup.policy': policy })
  })

  it('shortens a retention only when told that records may go', async () => {
    const { raw, wanted, wantedOf } = deployment()
    await applyTopology(kafka, wanted)
    const shorter = wantedOf({ retentionMs: 3 * DAY_MS })
    const refusal = applyTopology(kafka, shorter)
    await expect(refusal).rejects.toThrow(TopologyRefusedError)
    await expect(refusal).rejects.toThrow(/retention\.ms 7 d → 3 d, deletes what is older than 3 d.*--allow-data-loss/)
    expect((await ownSettings(raw))['retention.ms']).toBe(String(7 * DAY_MS))
    await applyTopology(kafka, shorter, { allowDataLoss: true })
    expect((await ownSettings(raw))['retention.ms']).toBe(String(3 * DAY_MS))
  })

  it.each<[string, TopicOverride, string]>([
    ['partition count', { partitions: 24 }, 'has 12 partitions, not 24'],
    ['number of copies', { replicationFactor: 2 }, 'has 1 copies, not 2'],
  ])('refuses another %s, and then changes nothing at all', async (_, override, problem) => {
    const { names, raw, wanted, wantedOf } = deployment()
    const [, removed, ...rest] = wanted
    await applyTopology(
      kafka,
      [wanted[0], ...rest].flatMap((spec) => spec ?? []),
    )
    const other = wantedOf({ ...override, retentionMs: 9 * DAY_MS })
    await expect(applyTopology(kafka, other, { allowDataLoss: true })).rejects.toThrow(`${raw} ${problem}`)
    const plan = await inspectTopology(kafka, { wanted, names })
    expect(plan.changes).toEqual([{ kind: 'create', spec: removed }])
    expect(plan.refused).toEqual([])
  })

  it('leaves the topics of another prefix alone, and tells of those under its own that it does not know', async () => {
    const one = deployment()
    const other = deployment()
    await applyTopology(kafka, one.wanted)
    await applyTopology(kafka, other.wantedOf({ retentionMs: 9 * DAY_MS }))
    const retired = one.names.deadLetter(topic, 'retired')
    await applyTopology(kafka, [{ topic: retired, partitions: 1, replicationFactor: 1, config: {} }])

    const plan = await inspectTopology(kafka, one)
    expect([plan.changes, plan.refused, plan.unknown]).toEqual([[], [], [retired]])
    expect((await ownSettings(one.raw))['retention.ms']).toBe(String(7 * DAY_MS))
  })
})
