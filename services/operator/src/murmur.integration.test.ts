import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKafka, createTopicNames, toTopology } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import { catalog, recordNames } from '@murmuration/schemas'
import { describe, expect, inject, it } from 'vitest'
import { murmur } from './murmur.fixture.ts'

const prefix = `operator-${randomUUID()}.`
const brokers = inject('kafkaBrokers')
const env = {
  KAFKA_BROKERS: brokers,
  KAFKA_TOPIC_PREFIX: prefix,
  SCHEMA_REGISTRY_URL: inject('registryUrl'),
  TOPIC_REPLICATION_FACTOR: '1',
  TOPIC_MIN_INSYNC_REPLICAS: '1',
}

async function run(...args: readonly string[]) {
  const { code, out, err } = await murmur([...args, '--json'], env)
  expect(code, err).toBe(0)
  return JSON.parse(out)
}

describe('murmur topics apply', () => {
  it('creates every topic of the catalog with its settings, and nothing the second time', async () => {
    const topology = toTopology(createTopicNames(prefix), { replicationFactor: 1, minInsyncReplicas: 1 })
    const topics = topology.map(({ topic }) => topic).toSorted()
    const first = await run('topics', 'apply')
    expect([first.created.toSorted(), first.existing]).toEqual([topics, []])
    const second = await run('topics', 'apply')
    expect([second.created, second.existing.toSorted()]).toEqual([[], topics])

    const admin = createKafka({ brokers: brokers.split(','), clientId: 'operator-test', logger: silentLogger }).admin()
    try {
      await admin.connect()
      const metadata = await admin.fetchTopicMetadata({ topics })
      const partitions = new Map(metadata.topics.map((topic) => [topic.name, topic.partitions.length]))
      expect(partitions).toEqual(new Map(topology.map((spec) => [spec.topic, spec.partitions])))
    } finally {
      await admin.disconnect()
    }
  })
})

describe('murmur topics plan', () => {
  it('finds no difference after apply, and with --check ends with 1 where a file wants otherwise', async () => {
    await run('topics', 'apply')
    const plan = await run('topics', 'plan', '--check')
    expect([plan.changes, plan.refused, plan.unknown]).toEqual([[], [], []])

    const file = join(tmpdir(), `${prefix}yaml`)
    writeFileSync(file, `topics: { ${catalog.message.topic}: { partitions: 24, retentionDays: 1 } }`)
    const other = await murmur(['topics', 'plan', '--check', '--file', file], env)
    const refused = await murmur(['topics', 'apply', '--file', file, '--allow-data-loss', '--json'], env)
    rmSync(file)
    expect(other.code).toBe(1)
    expect(other.out).toContain(`~ ${prefix}${catalog.message.topic}: retention.ms 14 d → 1 d`)
    expect(other.out).toContain('topics: 0 to create, 1 to change, 5 refused')
    expect([refused.code, JSON.parse(refused.out).error]).toEqual([1, 'MUR_TOPOLOGY_REFUSED'])
    expect(await run('topics', 'plan', '--check')).toEqual(plan)
  })
})

describe('murmur schemas push', () => {
  it('registers a subject for every record, and gives the same ids the second time', async () => {
    const first = await run('schemas', 'push')
    expect(first).toHaveLength(recordNames.length)
    for (const { subject, schemaId } of first) {
      expect(subject).toMatch(/-value$/)
      expect(subject.startsWith(prefix)).toBe(true)
      expect(schemaId).toBeGreaterThan(0)
    }
    expect(await run('schemas', 'push')).toEqual(first)
  })
})
