import { describe, expect, it } from 'vitest'
import { KafkaUnavailableError } from './kafka-errors.ts'
import type { TopicMessage } from './producer-session.ts'
import { assertAnswered, createReceipt } from './publish-receipt.ts'

const to = (topic: string, partition?: number): TopicMessage => ({
  topic,
  message: { key: 'k', value: 'v', ...(partition === undefined ? {} : { partition }) },
})
const answer = (topicName: string, partition: number, baseOffset: string) => ({ topicName, partition, baseOffset })

it('tells the offset after the last record of each partition that was written', () => {
  const sent = [to('a', 0), to('a', 1), to('a', 0), to('b', 0)]
  const receipt = createReceipt(sent, [answer('a', 0, '40'), answer('a', 1, '7'), answer('b', 0, '9007199254740990')])
  expect([receipt.endOf('a', 0), receipt.endOf('a', 1), receipt.endOf('b', 0)]).toEqual([42, 8, 9_007_199_254_740_991])
})

it('knows nothing of a partition that was not written', () => {
  const receipt = createReceipt([to('a', 0)], [answer('a', 0, '40')])
  expect([receipt.endOf('a', 1), receipt.endOf('b', 0)]).toEqual([undefined, undefined])
})

it('counts keyed records for every partition of their topic: an upper bound', () => {
  const receipt = createReceipt([to('a'), to('a'), to('a', 1)], [answer('a', 0, '10'), answer('a', 1, '20')])
  expect([receipt.endOf('a', 0), receipt.endOf('a', 1)]).toEqual([12, 23])
})

describe('assertAnswered', () => {
  const sent = [to('a', 0), to('a', 1), to('b'), to('b')]

  it('is content when each partition, and some partition of keyed records, has a base offset', () => {
    assertAnswered(sent, [answer('a', 1, '7'), answer('a', 0, '0'), answer('b', 4, '9007199254740990')])
  })

  it.each([
    ['a partition', [answer('a', 0, '1'), answer('b', 0, '1')]],
    ['a topic of keyed records', [answer('a', 0, '1'), answer('a', 1, '1')]],
    ['everything', []],
    ['a base offset', [answer('a', 0, '1'), answer('a', 1, '-1'), answer('b', 0, '1')]],
    ['a base offset', [answer('a', 0, '1'), { topicName: 'a', partition: 1 }, answer('b', 0, '1')]],
  ])('tells that nothing is acknowledged when %s is missing', (_, answers) => {
    expect(() => assertAnswered(sent, answers)).toThrow(KafkaUnavailableError)
  })
})
