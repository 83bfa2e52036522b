import { expect, it } from 'vitest'
import { kafkaErrorOf } from './kafka-errors.ts'
import { readAnswers, toProduceRequest } from './produce-request.ts'

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
      { topicName: 'b', partitions: [{ partition: 0, errorCode: 10, baseOffset: '-1' }] },
      { topicName: 'a', partitions: [{ partition: 1, errorCode: 0, baseOffset: '42' }] },
    ],
  })
  expect(answers[2]).toEqual({ baseOffset: 42 })
  const [unanswered, refused] = answers.map((answer) => 'error' in answer && kafkaErrorOf(answer.error))
  expect(refused).toBe('MESSAGE_TOO_LARGE')
  expect(unanswered).toBeUndefined()
  expect(answers[0]).toMatchObject({ error: { message: 'Kafka is not available: no broker has written to a/0' } })
})
