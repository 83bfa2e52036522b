import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { describeProblems } from './cluster-check.ts'
import { findTopicProblems } from './find-topic-problems.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'

/** A cluster that answers for some topics with an error, and for all others with metadata. */
function createAdmin(problems: Readonly<Record<string, string>>) {
  const asked: string[][] = []
  return {
    asked,
    fetchTopicMetadata: async (options?: { readonly topics: string[] }) => {
      const topics = options?.topics ?? []
      asked.push(topics)
      const type = topics.map((topic) => problems[topic]).find((problem) => problem !== undefined)
      if (type !== undefined) {
        throw new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 3, retriable: false }))
      }
      const partitions = [{ partitionId: 0, leader: 1, replicas: [1, 2, 3], isr: [1, 2], partitionErrorCode: 0 }]
      return { topics: topics.map((name) => ({ name, partitions })) }
    },
  }
}

describe('findTopicProblems', () => {
  it('asks once while all is well', async () => {
    const admin = createAdmin({})
    expect(await findTopicProblems(admin, ['a', 'b'])).toEqual(new Map())
    expect(admin.asked).toEqual([['a', 'b']])
  })

  it('finds out which of the topics it is', async () => {
    const admin = createAdmin({ b: 'UNKNOWN_TOPIC_OR_PARTITION', c: 'LEADER_NOT_AVAILABLE' })
    const problems = await findTopicProblems(admin, ['a', 'b', 'c'])
    expect([...problems]).toEqual([
      ['b', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['c', 'LEADER_NOT_AVAILABLE'],
    ])
  })

  it('finds a topic that has fewer copies in sync than a write needs', async () => {
    const minInsync = new Map([
      ['a', 2],
      ['b', 3],
    ])
    const problems = await findTopicProblems(createAdmin({}), ['a', 'b', 'c'], minInsync)
    expect([...problems]).toEqual([['b', 'NOT_ENOUGH_REPLICAS']])
  })

  it('asks for no more copies than there are, as the cluster does', async () => {
    const admin = createAdmin({})
    const one = { partitionId: 0, leader: 1, replicas: [1], isr: [1], partitionErrorCode: 0 }
    const fetchTopicMetadata = async () => ({ topics: [{ name: 'a', partitions: [one] }] })
    expect(await findTopicProblems({ ...admin, fetchTopicMetadata }, ['a'], new Map([['a', 2]]))).toEqual(new Map())
  })

  it('does not take a cluster that does not answer for one with problems', async () => {
    const away = new KafkaJSConnectionError('connect ECONNREFUSED', { broker: '127.0.0.1:1', code: 'ECONNREFUSED' })
    const admin = { fetchTopicMetadata: () => Promise.reject(away) }
    await expect(findTopicProblems(admin, ['a'])).rejects.toBeInstanceOf(KafkaUnavailableError)
  })
})

describe('describeProblems', () => {
  it('says nothing without problems, and what to run when a topic is missing', () => {
    expect(describeProblems(new Map())).toBeUndefined()
    const problems = new Map([
      ['a', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['b', 'LEADER_NOT_AVAILABLE'],
    ])
    expect(describeProblems(problems)).toBe(
      'topic a is missing: run `murmur topics apply`; topic b: LEADER_NOT_AVAILABLE',
    )
  })
})
