import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClusterCheck, describeProblems } from './cluster-check.ts'
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

describe('createClusterCheck', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A cluster that answers the questions in turn: no problem, a problem, or not at all. */
  function setUp(...answers: readonly (string | undefined | Error)[]) {
    const left = [...answers]
    let asked = 0
    const check = createClusterCheck(async () => {
      asked += 1
      const answer = left.shift()
      if (answer instanceof Error) throw answer
      return answer
    })
    return { check, asked: () => asked }
  }
  const away = () => new KafkaUnavailableError('no answer in 1500 ms')

  it('asks once more when nobody answered: that was one broker of several', async () => {
    const { check, asked } = setUp(away(), undefined)
    expect([await check(), asked()]).toEqual([undefined, 2])
  })

  it('says so when nobody answers the second time either', async () => {
    const { check, asked } = setUp(away(), away(), undefined)
    expect([await check(), asked()]).toEqual(['Kafka is not available: no answer in 1500 ms', 2])
  })

  it('believes an answer, and gives it again for two seconds', async () => {
    const { check, asked } = setUp('topic a: NOT_ENOUGH_REPLICAS', undefined)
    expect([await check(), await check(), asked()]).toEqual([
      'topic a: NOT_ENOUGH_REPLICAS',
      'topic a: NOT_ENOUGH_REPLICAS',
      1,
    ])
    await vi.advanceTimersByTimeAsync(2_001)
    expect([await check(), asked()]).toEqual([undefined, 2])
  })

  it('tells what was found last when the answer takes long, and the answer once it is there', async () => {
    const late = Promise.withResolvers<string | undefined>()
    const answers = [Promise.resolve(undefined), late.promise]
    const check = createClusterCheck(() => answers.shift() ?? Promise.resolve('no more'))
    await check()
    await vi.advanceTimersByTimeAsync(2_001)
    const waiting = check()
    await vi.advanceTimersByTimeAsync(801)
    expect(await waiting).toBeUndefined()
    late.resolve('topic a: LEADER_NOT_AVAILABLE')
    expect(await check()).toBe('topic a: LEADER_NOT_AVAILABLE')
  })
})
