import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { kafkaErrorOf } from './kafka-errors.ts'
import { decodeProduced, readAnswers, toProduceRequest } from './produce-request.ts'

interface TheirAnswer {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly { partition: number; errorCode: number; baseOffset: string }[]
  }[]
  readonly clientSideThrottleTime?: number
}

/** How kafkajs reads an answer of a version. */
function theirs(version: number): (bytes: Buffer) => Promise<TheirAnswer> {
  return createRequire(import.meta.url)(`kafkajs/src/protocol/requests/produce/v${version}/response`).decode
}

const batch = (topic: string, partition: number) => ({ topic, partition, firstSequence: 7, messages: [{ value: 'v' }] })
const batches = [batch('a', 0), batch('b', 0), batch('a', 1)]

it('asks each topic once, with the number of each batch', () => {
  const request = toProduceRequest(batches, { clusterId: 'c', producerId: '9', epoch: 3 }, 1_800)
  expect(request).toMatchObject({
    acks: -1,
    timeout: 1_800,
    producerId: '9',
    producerEpoch: 3,
    topicData: [
      { topic: 'a', partitions: [batches[0], batches[2]] },
      { topic: 'b', partitions: [batches[1]] },
    ],
  })
})

it('finds the answer of each partition wherever it stands, and takes none for none', () => {
  const answers = readAnswers(batches, {
    topics: [
      { topicName: 'b', partitions: [{ partition: 0, errorCode: 10, baseOffset: -1 }] },
      { topicName: 'a', partitions: [{ partition: 1, errorCode: 0, baseOffset: 42 }] },
    ],
    clientSideThrottleTime: 0,
  })
  expect(answers[2]).toEqual({ baseOffset: 42 })
  const [unanswered, refused] = answers.map((answer) => 'error' in answer && kafkaErrorOf(answer.error))
  expect(refused).toBe('MESSAGE_TOO_LARGE')
  expect(unanswered).toBeUndefined()
  expect(answers[0]).toMatchObject({ error: { message: 'Kafka is not available: no broker has written to a/0' } })
})

const int64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const int16 = (value: number) => int32(value).subarray(2)

const partitionAnswer = fc.record({
  partition: fc.integer({ min: 0, max: 10_000 }),
  errorCode: fc.integer({ min: -1, max: 120 }),
  baseOffset: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  others: fc.integer({ min: -1, max: 2 ** 40 }),
})
const topicAnswer = fc.record({
  name: fc.string({ unit: 'grapheme', maxLength: 20 }),
  partitions: fc.array(partitionAnswer, { maxLength: 13 }),
})

it('reads an answer as kafkajs does, of each version', async () => {
  const sample = fc.record({
    version: fc.integer({ min: 3, max: 7 }),
    topics: fc.array(topicAnswer, { maxLength: 4 }),
    throttleTime: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(sample, async ({ version, topics, throttleTime }) => {
      const bytes = Buffer.concat([
        int32(topics.length),
        ...topics.flatMap(({ name, partitions }) => [
          int16(Buffer.byteLength(name)),
          Buffer.from(name),
          int32(partitions.length),
          ...partitions.flatMap(({ partition, errorCode, baseOffset, others }) => [
            int32(partition),
            int16(errorCode),
            int64(baseOffset),
            int64(others),
            ...(version >= 5 ? [int64(others)] : []),
          ]),
        ]),
        int32(throttleTime),
      ])
      const expected = await theirs(version)(bytes)
      expect(decodeProduced(bytes, version)).toEqual({
        topics: expected.topics.map(({ topicName, partitions }) => ({
          topicName,
          partitions: partitions.map(({ partition, errorCode, baseOffset }) => {
            return { partition, errorCode, baseOffset: Number(baseOffset) }
          }),
        })),
        clientSideThrottleTime: expected.clientSideThrottleTime ?? 0,
      })
      expect(() => decodeProduced(bytes.subarray(0, -1), version)).toThrow(RangeError)
    }),
  )
})
