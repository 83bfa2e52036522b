import { expect, it } from 'vitest'
import type { TopicMessage } from './producer-session.ts'
import { createReceipt } from './publish-receipt.ts'

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
