import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaErrorOf } from '../kafka-errors.ts'
import type { ProducerId } from '../producer-epoch.ts'
import type { BatchAnswer, ProducerSession } from '../producer-session.ts'

/** Opens sessions to one cluster. */
export interface SessionsUnderTest {
  /** A topic of three partitions that is empty, and a name that is no topic. */
  readonly topic: string
  readonly missing: string
  open(): ProducerSession
  /** Values of a partition, in order. */
  read(partition: number): Promise<readonly string[]>
  close(): Promise<void>
}

/** What Kafka promises to whoever numbers its batches, and our model of it keeps to. */
export function describeProducerSession(name: string, start: () => Promise<SessionsUnderTest>): void {
  describe(`a producer session ${name}`, () => {
    let tested: SessionsUnderTest
    let session: ProducerSession
    let id: ProducerId
    beforeAll(async () => {
      tested = await start()
      session = await openReady()
      id = await requestId(session)
    })
    afterAll(async () => {
      await session.close()
      await tested.close()
    })

    async function openReady(): Promise<ProducerSession> {
      const opened = tested.open()
      await opened.prepare([tested.topic])
      return opened
    }
    /** A broker that has none in stock asks for some first. */
    async function requestId(of: ProducerSession): Promise<ProducerId> {
      for (let tries = 0; tries < 50; tries += 1) {
        const found = await of.requestId().catch(kafkaErrorOf)
        if (typeof found === 'object') return found
        expect(found).toBe('GROUP_LOAD_IN_PROGRESS')
        await sleep(100)
      }
      throw new RangeError('the cluster has no producer id')
    }
    async function write(
      values: readonly string[],
      at: { readonly partition: number; readonly firstSequence: number; readonly epoch?: number },
      over = session,
    ): Promise<BatchAnswer | undefined> {
      const { partition, firstSequence, epoch = id.epoch } = at
      const messages = values.map((value) => ({ key: null, value: Buffer.from(value) }))
      const batch = { topic: tested.topic, partition, firstSequence, messages }
      return (await over.produce([batch], { ...id, epoch })).answers[0]
    }
    const errorOf = (answer: BatchAnswer | undefined) =>
      answer !== undefined && 'error' in answer ? kafkaErrorOf(answer.error) : answer

    it('knows its topics and their partitions, and says that one is missing', async () => {
      expect(session.partitions(tested.topic).map(({ partitionId }) => partitionId)).toEqual([0, 1, 2])
      expect(session.clusterId()).toBeTypeOf('string')
      const failed = await session.prepare([tested.missing]).catch(kafkaErrorOf)
      expect(failed).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      await session.prepare([tested.topic])
    })

    it('gives each who asks an id of its own', async () => {
      expect((await requestId(session)).producerId).not.toBe(id.producerId)
    })

    it('writes a batch that comes again once, also over other connections, and says where it is', async () => {
      expect(await write(['a', 'b'], { partition: 0, firstSequence: 0 })).toEqual({ baseOffset: 0 })
      expect(await write(['a', 'b'], { partition: 0, firstSequence: 0 })).toEqual({ baseOffset: 0 })
      const other = await openReady()
      expect(await write(['c'], { partition: 0, firstSequence: 2 }, other)).toEqual({ baseOffset: 2 })
      await other.close()
      expect(await write(['c'], { partition: 0, firstSequence: 2 })).toEqual({ baseOffset: 2 })
      expect(await tested.read(0)).toEqual(['a', 'b', 'c'])
    })

    it('writes nothing whose number leaves a gap', async () => {
      expect(errorOf(await write(['far'], { partition: 0, firstSequence: 9 }))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect((await tested.read(0)).at(-1)).toBe('c')
    })

    it('begins at 0 with each epoch; then an earlier one writes nothing any more, not even what it had not sent', async () => {
      expect(await write(['1'], { partition: 1, firstSequence: 0 })).toEqual({ baseOffset: 0 })
      expect(await write(['2'], { partition: 1, firstSequence: 0, epoch: id.epoch + 1 })).toEqual({ baseOffset: 1 })
      expect(errorOf(await write(['late'], { partition: 1, firstSequence: 1 }))).toBe('INVALID_PRODUCER_EPOCH')
      expect(await write(['3'], { partition: 1, firstSequence: 1, epoch: id.epoch + 1 })).toEqual({ baseOffset: 2 })
      expect(await tested.read(1)).toEqual(['1', '2', '3'])
    })

    it('tells of each partition what became of it', async () => {
      const large = 'x'.repeat(2_000_000)
      const batches = [large, 'small'].map((value, at) => {
        return { topic: tested.topic, partition: at + 1, firstSequence: at === 0 ? 2 : 0, messages: [{ value }] }
      })
      const { answers, pauseMs } = await session.produce(batches, { ...id, epoch: id.epoch + 1 })
      expect([errorOf(answers[0]), answers[1], pauseMs]).toEqual(['MESSAGE_TOO_LARGE', { baseOffset: 0 }, 0])
      // A number that was refused is free.
      expect(await write(['4'], { partition: 1, firstSequence: 2, epoch: id.epoch + 1 })).toEqual({ baseOffset: 3 })
    })

    it('answers everything once it is destroyed, with an error that is none of Kafka', async () => {
      const other = await openReady()
      other.destroy()
      const answer = await write(['nowhere'], { partition: 2, firstSequence: 1, epoch: id.epoch + 1 }, other)
      expect(answer).toHaveProperty('error')
      expect(errorOf(answer)).toBeUndefined()
    })
  })
}
