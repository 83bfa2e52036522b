import { expect, it } from 'vitest'
import { createReceipt } from './publish-receipt.ts'

it('tells the offset after the last record of each partition that was written', () => {
  const receipt = createReceipt([
    { topic: 'a', partition: 0, end: 40 },
    { topic: 'b', partition: 0, end: 9_007_199_254_740_991 },
    { topic: 'a', partition: 1, end: 8 },
    { topic: 'a', partition: 0, end: 42 },
  ])
  expect([receipt.endOf('a', 0), receipt.endOf('a', 1), receipt.endOf('b', 0)]).toEqual([42, 8, 9_007_199_254_740_991])
})

it('knows nothing of a partition that was not written', () => {
  const receipt = createReceipt([{ topic: 'a', partition: 0, end: 40 }])
  expect([receipt.endOf('a', 1), receipt.endOf('b', 0)]).toEqual([undefined, undefined])
})
