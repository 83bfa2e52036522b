import { catalog, consumers, groupsOf, recordNames } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { createTopicNames } from './topics.ts'
import { toTopology } from './topology.ts'

const OPTIONS = { replicationFactor: 3, minInsyncReplicas: 2 }
const DLQ_MS = String(30 * 24 * 60 * 60_000)
const topology = toTopology(createTopicNames(''), OPTIONS)

function specOf(topic: string) {
  return topology.find((spec) => spec.topic === topic)
}

describe('toTopology', () => {
  it('asks for the topic of every record, with its partitions and retention', () => {
    for (const record of recordNames) {
      const { topic, partitions, retentionMs } = catalog[record]
      expect(specOf(topic)).toMatchObject({
        partitions,
        replicationFactor: 3,
        config: { 'retention.ms': String(retentionMs), 'cleanup.policy': 'delete', 'min.insync.replicas': '2' },
      })
    }
  })

  it('asks for a retry topic and a DLQ of exactly the groups that subscribe and set aside', () => {
    const aside = topology.map((spec) => spec.topic).filter((topic) => /\.(retry|dlq)$/.test(topic))
    const wanted = recordNames.flatMap((record) =>
      groupsOf(record)
        .filter(({ onFailure }) => onFailure === 'dead-letter')
        .flatMap(({ id }) => ['dlq', 'retry'].map((kind) => `${catalog[record].topic}.${id}.${kind}`)),
    )
    expect(aside.sort()).toEqual(wanted.sort())
    expect(aside).toContain('bird.messages.v1.crm-sync.postgres.retry')
  })

  it('has none of a group that stops: audit-log sets nothing aside', () => {
    expect(consumers['audit-log']).toMatchObject([{ id: 'audit-log', onFailure: 'stop' }])
    expect(topology.filter((spec) => spec.topic.includes('audit-log'))).toEqual([])
  })

  it('gives retry topics and DLQs the partition count of their origin, since records keep their partition', () => {
    const aside = topology.filter((spec) => /\.(retry|dlq)$/.test(spec.topic))
    for (const spec of aside) {
      const origin = recordNames
        .map((record) => catalog[record])
        .find(({ topic }) => spec.topic.startsWith(`${topic}.`))
      expect(spec.partitions).toBe(origin?.partitions)
    }
  })

  it('never lets a parked record expire, and keeps dead letters for 30 days', () => {
    expect(specOf('bird.messages.v1.media-processor.retry')?.config['retention.ms']).toBe('-1')
    expect(specOf('bird.messages.v1.media-processor.dlq')?.config['retention.ms']).toBe(String(30 * 24 * 60 * 60_000))
  })

  it('takes what an environment wants otherwise, for a topic and for the retry topics and DLQs of it', () => {
    const overrides = {
      'bird.messages.v1': { partitions: 24, retentionMs: 1, replicationFactor: 2, minInsyncReplicas: 1 },
    }
    const other = toTopology(createTopicNames(''), { ...OPTIONS, overrides })
    const changed = other.filter((spec) => spec.partitions === 24)
    expect(changed.map(({ topic }) => topic)).toEqual(
      topology.map(({ topic }) => topic).filter((topic) => topic.startsWith('bird.messages.v1')),
    )
    for (const { replicationFactor, config } of changed) {
      expect([replicationFactor, config['min.insync.replicas']]).toEqual([2, '1'])
    }
    const retentionOf = (topic: string) => (topic.endsWith('.retry') ? '-1' : topic.endsWith('.dlq') ? DLQ_MS : '1')
    expect(changed.map(({ config }) => config['retention.ms'])).toEqual(changed.map(({ topic }) => retentionOf(topic)))
    expect(other.filter((spec) => spec.partitions !== 24)).toEqual(
      topology.filter(({ topic }) => !topic.startsWith('bird.messages.v1')),
    )
  })

  it('names the origin of retry topics and DLQs, with the prefix', () => {
    const prefixed = toTopology(createTopicNames('dev.'), OPTIONS)
    const aside = prefixed.filter(({ topic }) => topic.startsWith('dev.bird.messages.v1.'))
    expect(aside).toHaveLength(2 * groupsOf('message').length)
    expect(new Set(aside.map(({ origin }) => origin))).toEqual(new Set(['dev.bird.messages.v1']))
    expect(prefixed.find(({ topic }) => topic === 'dev.bird.messages.v1')?.origin).toBeUndefined()
  })

  it('asks for no topic twice, and puts the prefix before each', () => {
    const prefixed = toTopology(createTopicNames('dev.'), OPTIONS).map((spec) => spec.topic)
    expect(new Set(prefixed).size).toBe(prefixed.length)
    expect(prefixed).toEqual(topology.map((spec) => `dev.${spec.topic}`))
  })
})

describe('createTopicNames', () => {
  it('puts the prefix before topics and groups, once each', () => {
    const names = createTopicNames('dev.')
    expect(names.topic('bird.raw.v1')).toBe('dev.bird.raw.v1')
    expect(names.group('audit-log')).toBe('dev.audit-log')
    expect(names.retry('a.v1', 'g.x')).toBe('dev.a.v1.g.x.retry')
    expect(names.deadLetter('a.v1', 'g.x')).toBe('dev.a.v1.g.x.dlq')
  })

  it('takes its own prefix off again, and leaves a foreign name alone', () => {
    const names = createTopicNames('dev.')
    expect(names.unprefixed('dev.bird.raw.v1')).toBe('bird.raw.v1')
    expect(names.unprefixed('bird.raw.v1')).toBe('bird.raw.v1')
    expect(createTopicNames('').unprefixed('bird.raw.v1')).toBe('bird.raw.v1')
  })
})
