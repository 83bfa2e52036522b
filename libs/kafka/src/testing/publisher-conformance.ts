import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaRecord, TopicPartition } from '../group-source.ts'
import { KafkaRefusedError, KafkaUnavailableError } from '../kafka-errors.ts'
import type { MovedRecord, Publisher } from '../publisher.ts'

/** A publisher, and a way to see what it wrote. */
export interface PublisherUnderTest {
  readonly publisher: Publisher
  /** A topic of two partitions that is empty, and a name that is no topic. */
  readonly topic: string
  readonly missing: string
  /** Gives the topic more partitions. */
  grow(partitions: number): Promise<void>
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
      expect(tested.publisher.admits()).toBe(true)
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

    it('acknowledges nothing for a partition that its topic does not have, and writes to others all the same', async () => {
      const calls = [moved(0, 'before it'), moved(5, 'lost'), moved(1, 'beside it')]
      const results = await Promise.allSettled(calls.map((record) => tested.publisher.publish([record])))
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      const mixed = tested.publisher.publish([moved(0, 'half'), moved(5, 'lost')])
      await expect(mixed).rejects.toThrow(KafkaUnavailableError)
      expect([(await valuesOf(0)).at(-1), (await valuesOf(1)).at(-1)]).toEqual(['before it', 'beside it'])
    })

    it('counts its deadline from when it was waited for: what is too late is not written', async () => {
      const before = await valuesOf(0)
      const late = tested.publisher.publish([moved(0, 'too late')], performance.now() - 60_000)
      await expect(late).rejects.toThrow(KafkaUnavailableError)
      await tested.publisher.publish([moved(0, 'in time')], performance.now() - 100)
      expect(await valuesOf(0)).toEqual([...before, 'in time'])
    })

    it('writes to partitions that came with a growth of the topic', async () => {
      await expect(tested.publisher.publish([moved(2, 'too early')])).rejects.toThrow(KafkaUnavailableError)
      await tested.grow(3)
      // A broker may hear of it a moment later than whoever asked for it.
      await expect
        .poll(() => tested.publisher.publish([moved(2, 'grown')]).then(String, String), { timeout: 10_000 })
        .not.toContain('Kafka')
      expect((await valuesOf(2)).at(-1)).toBe('grown')
    })
  })
}
