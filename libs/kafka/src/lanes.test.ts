import { describe, expect, it } from 'vitest'
import { Lanes } from './lanes.ts'
import type { KafkaRecord } from './partition-source.ts'

function recordAt(partition: number, offset: number, topic = 't'): KafkaRecord {
  return { topic, partition, offset: BigInt(offset), key: null, value: null, headers: {}, timestampMs: 0 }
}

/** A batch of one partition; the high watermark lies behind its last record unless said otherwise. */
function batch(partition: number, offsets: readonly number[], highWatermark = (offsets.at(-1) ?? -1) + 1, topic = 't') {
  const records = offsets.map((offset) => recordAt(partition, offset, topic))
  return { topic, partition, records, highWatermark: BigInt(highWatermark) }
}

/** Takes until nothing may start. @returns partition:offset of each */
function takeAll(lanes: Lanes): string[] {
  const taken: string[] = []
  for (let next = lanes.take(); next !== undefined; next = lanes.take()) {
    taken.push(`${next.delivery.record.partition}:${next.delivery.record.offset}`)
  }
  return taken
}

describe('Lanes', () => {
  it('gives one record of a partition at a time, the next only after done', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [5, 6]))
    expect(takeAll(lanes)).toEqual(['0:5'])
    lanes.done(recordAt(0, 5))
    expect(takeAll(lanes)).toEqual(['0:6'])
  })

  it('gives records of several partitions side by side', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [1, 2]))
    lanes.add(batch(1, [7, 8]))
    expect(takeAll(lanes)).toEqual(['0:1', '1:7'])
  })

  it('gives every partition its turn, also when one is always ready', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [1, 2, 3]))
    lanes.add(batch(1, [1, 2, 3]))
    lanes.add(batch(2, [1, 2, 3]))
    const order: number[] = []
    for (let turn = 0; turn < 9; turn += 1) {
      const record = lanes.take()?.delivery.record
      if (record === undefined) break
      order.push(record.partition)
      lanes.done(record)
    }
    expect(order).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
  })

  it('keeps partitions of the same number apart by topic', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [1], 2, 'a'))
    lanes.add(batch(0, [1], 2, 'b'))
    expect(takeAll(lanes)).toHaveLength(2)
  })

  it('says how many records a lane holds and how many are left, so that it can be paused and read again', () => {
    const lanes = new Lanes(1)
    expect(lanes.add(batch(0, [1, 2]))).toBe(2)
    expect(lanes.add(batch(0, [3]))).toBe(3)
    expect(lanes.take()?.left).toBe(2)
    expect(lanes.take()).toBeUndefined()
  })

  it('tells positions that moved, once they are settled and until they are committed', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [5, 9]))
    lanes.take()
    expect(lanes.uncommitted()).toEqual([])
    lanes.done(recordAt(0, 5))
    const first = lanes.uncommitted()
    expect(first).toEqual([{ topic: 't', partition: 0, offset: 6n }])
    lanes.take()
    lanes.done(recordAt(0, 9))
    lanes.committed(first)
    expect(lanes.uncommitted()).toEqual([{ topic: 't', partition: 0, offset: 10n }])
    lanes.committed(lanes.uncommitted())
    expect(lanes.uncommitted()).toEqual([])
  })

  it('marks what it gives with its epoch, and aborts it when the assignment ends', () => {
    const lanes = new Lanes(7)
    lanes.add(batch(0, [1]))
    const delivery = lanes.take()?.delivery
    expect(delivery).toMatchObject({ epoch: 7 })
    expect(delivery?.signal.aborted).toBe(false)
    lanes.abort()
    expect(delivery?.signal.aborted).toBe(true)
  })

  it('counts as lag what lies behind the high watermark and is not settled, by topic', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [10, 11], 20))
    lanes.add(batch(1, [0], 1))
    lanes.add(batch(0, [3], 4, 'u'))
    lanes.take()
    lanes.done(recordAt(0, 10))
    expect(lanes.lag()).toEqual(
      new Map([
        ['t', 10],
        ['u', 1],
      ]),
    )
  })

  it('counts the record under way: one that is retried at the head of its partition is lag', () => {
    const lanes = new Lanes(1)
    lanes.add(batch(0, [4]))
    lanes.take()
    expect(lanes.lag()).toEqual(new Map([['t', 1]]))
    lanes.done(recordAt(0, 4))
    expect(lanes.lag()).toEqual(new Map([['t', 0]]))
  })
})
