import { expect, it } from 'vitest'
import { assignPartitions } from './assign-partitions.ts'

const topics = [
  { topic: 'main', partitions: 7 },
  { topic: 'main.g.retry', partitions: 7 },
  { topic: 'small', partitions: 2 },
]

it.each([1, 2, 3, 4, 9])('gives each partition to one of %i members, and equal numbers to the same one', (count) => {
  const members = Array.from({ length: count }, (_, index) => `m${index}`)
  const shares = assignPartitions(members, topics)
  expect([...shares.keys()].sort()).toEqual(members)
  for (const { topic, partitions } of topics) {
    const given = [...shares.values()].flatMap((share) => share[topic] ?? [])
    expect(given.sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, partition) => partition))
  }
  for (const share of shares.values()) {
    expect(share['main.g.retry']).toEqual(share.main)
    expect(share.small ?? []).toEqual((share.main ?? []).filter((partition) => partition < 2))
  }
})

it('is even to one partition number', () => {
  const sizes = [...assignPartitions(['a', 'b', 'c'], topics).values()].map((share) => share.main?.length)
  expect(sizes).toEqual([3, 2, 2])
})

it('decides by ids alone, in whatever order members and topics are told', () => {
  const one = assignPartitions(['b', 'a', 'c'], topics)
  const other = assignPartitions(['c', 'b', 'a'], [...topics].reverse())
  expect(new Map(other)).toEqual(new Map(one))
})

it('gives nothing where there are more members than partitions, and nothing to nobody', () => {
  expect(assignPartitions(['a', 'b', 'c'], [{ topic: 'small', partitions: 2 }]).get('c')).toEqual({})
  expect(assignPartitions([], topics).size).toBe(0)
})
