import { Partitioners, type PartitionMetadata } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { createJavaPartitioner, murmur2 } from './java-partitioner.ts'
import { PartitionUnknownError } from './kafka-errors.ts'
import { internals } from './kafkajs-internals.fixture.ts'
import { createChance } from './produce-encoder.fixture.ts'

function toMetadata(leaders: readonly number[]): PartitionMetadata[] {
  return leaders.map((leader, partitionId) => ({ partitionErrorCode: 0, partitionId, leader, replicas: [], isr: [] }))
}

describe('murmur2', () => {
  // From the tests of Kafka's Java client.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %j is what Java says', (key, hash) => {
    expect(murmur2(key)).toBe(hash)
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  it('is that of kafkajs for 5,000 random keys of any bytes and length', () => {
    const chance = createChance(11)
    for (let index = 0; index < 5_000; index++) {
      const key = chance.bytes(index < 300 ? index : chance.upTo(64))
      expect(murmur2(key), key.toString('hex')).toBe(internals.kafkajsMurmur2(key))
    }
    for (const key of ['', 'é', '日本語', '👩‍👩‍👧', 'lone \ud800'])
      expect(murmur2(key)).toBe(internals.kafkajsMurmur2(key))
  })
})

describe('the partitioner', () => {
  it('gives each key the partition that kafkajs gives it, whether that has a leader or not', () => {
    const chance = createChance(12)
    const ours = createJavaPartitioner()
    const theirs = Partitioners.DefaultPartitioner()
    for (let index = 0; index < 2_000; index++) {
      const leaders = Array.from({ length: 1 + chance.upTo(50) }, () => chance.pick([-1, 1, 2]))
      const key = chance.pick([chance.bytes(chance.upTo(40)), `contact-${index}`, ''])
      const args = { topic: 't', partitionMetadata: toMetadata(leaders), message: { key, value: null } }
      expect(ours(args)).toBe(theirs(args))
    }
  })

  it('keeps an explicit partition, 0 too, whatever the key', () => {
    const partition = createJavaPartitioner()
    const partitionMetadata = toMetadata([1, 1, 1])
    expect(partition({ topic: 't', partitionMetadata, message: { key: 'k', value: null, partition: 0 } })).toBe(0)
    expect(partition({ topic: 't', partitionMetadata, message: { key: null, value: null, partition: 2 } })).toBe(2)
  })

  it('takes partitions with a leader in turn for records without a key, each topic for itself', () => {
    const partition = createJavaPartitioner(() => 0)
    const partitionMetadata = toMetadata([1, -1, 1, 1])
    const next = (topic: string) => partition({ topic, partitionMetadata, message: { value: null } })
    expect([next('a'), next('a'), next('b'), next('a'), next('a')]).toEqual([2, 3, 2, 0, 2])
  })

  it('takes any partition in turn while none has a leader, and stays positive past 2^31', () => {
    const partition = createJavaPartitioner(() => 2 ** 31 - 2)
    const partitionMetadata = toMetadata([-1, -1])
    const next = () => partition({ topic: 't', partitionMetadata, message: { value: null } })
    expect([next(), next(), next()]).toEqual([1, 0, 1])
  })

  it('keeps an explicit partition, with a leader or without, and refuses one that the topic does not have', () => {
    const partition = createJavaPartitioner()
    const at = (number: number) =>
      partition({ topic: 't', partitionMetadata: toMetadata([1, -1]), message: { partition: number, value: null } })
    expect([at(0), at(1)]).toEqual([0, 1])
    expect(() => at(2)).toThrow(PartitionUnknownError)
  })
})
