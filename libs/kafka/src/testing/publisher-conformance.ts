import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaRecord, TopicPartition } from '../group-source.ts'
import { KafkaRefusedError } from '../kafka-errors.ts'
import type { MovedRecord, Publisher } from '../publisher.ts'

/** A publisher, and a way to see what it wrote. */
export interface PublisherUnderTest {
  readonly publisher: Publisher
  /** A topic of two partitions that is empty, and a name that is no topic. */
  readonly topic: string
  readonly missing: string
  /** What a partition holds, in order. */
  read(of: TopicPartition): Promise<readonly Pick<KafkaRecord, 'key' | 'value' | 'headers' | 'offset'>[]>
  close(): Promise<void>
}

/** What every publisher keeps to, ours on Kafka and the one that tests use. */
export function describePublisher(name: string, open: () => Promise<PublisherUnderTest>): void {
  describe(`the publisher ${name}`, () => {
    let tested: PublisherUnderTest
    beforeAll(async () => {
      tested = await open()
    })
    afterAll(() => tested.close())

    const moved = (partition: number, value: string, more: Partial<MovedRecord> = {}): MovedRecord => ({
      kind: 'moved',
      topic: tested.topic,
      partition,
      key: Buffer.from('key'),
      value: Buffer.from(value),
      headers: {},
      ...more,
    })
    const valuesOf = async (partition: number) =>
      (await tested.read({ topic: tested.topic, partition })).map(({ value }) => String(value))

    it('resolves when a record can be read: same partition, key, value and headers', async () => {
      const headers = { own: 'kept', bytes: Buffer.from([0, 255]) }
      await tested.publisher.publish([moved(1, 'first', { headers }), moved(1, '', { key: null, value: null })])
      const [first, second] = await tested.read({ topic: tested.topic, partition: 1 })
      expect([String(first?.key), String(first?.value)]).toEqual(['key', 'first'])
      expect(String(first?.headers.own)).toBe('kept')
      expect(Buffer.from(first?.headers.bytes ?? '').toString('hex')).toBe('00ff')
      expect([second?.key, second?.value]).toEqual([null, null])
    })

    it('tells the offset behind what it wrote, of each partition that it wrote to', async () => {
      const receipt = await tested.publisher.publish([moved(0, 'a'), moved(0, 'b')])
      const last = (await tested.read({ topic: tested.topic, partition: 0 })).at(-1)
      expect(receipt.endOf(tested.topic, 0)).toBe((last?.offset ?? 0) + 1)
      expect(receipt.endOf(tested.topic, 1)).toBeUndefined()
    })

    it('keeps the order of calls, also of those that are made at once', async () => {
      const before = (await valuesOf(0)).length
      const numbers = Array.from({ length: 50 }, (_, index) => String(index))
      await Promise.all(numbers.map((value) => tested.publisher.publish([moved(0, value)])))
      expect((await valuesOf(0)).slice(before)).toEqual(numbers)
    })

    it('refuses a topic that is missing for good, and writes to others all the same', async () => {
      const lost = tested.publisher.publish([moved(0, 'lost', { topic: tested.missing })])
      await expect(lost).rejects.toThrow(KafkaRefusedError)
      await tested.publisher.publish([moved(1, 'after')])
      expect((await valuesOf(1)).at(-1)).toBe('after')
    })
  })
}
