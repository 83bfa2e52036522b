import { expect, it } from 'vitest'
import { KafkaUnavailableError } from './kafka-errors.ts'
import { createFakeKafkajs } from './testing/fake-kafkajs.ts'
import { trimTopics } from './trim-topics.ts'

const points = ['a', 'b'].flatMap((topic) => [0, 1].map((partition) => ({ topic, partition, offset: 7 })))

it('sends one request per topic and leader', async () => {
  const kafka = createFakeKafkajs({ a: 2, b: 2 })
  await trimTopics(kafka.cluster, points)
  const partitions = [0, 1].map((partition) => ({ partition, offset: '7' }))
  expect(kafka.sent.map(({ input }) => input)).toEqual([
    { topics: [{ topic: 'a', partitions }] },
    { topics: [{ topic: 'b', partitions }] },
  ])
})

it('trims what has a leader, and then says what has none', async () => {
  const kafka = createFakeKafkajs({ a: 2, b: 2 })
  kafka.setLeader({ topic: 'a', partition: 0 }, -1)
  const trimmed = trimTopics(kafka.cluster, points)
  await expect(trimmed).rejects.toThrow('no leader is known of a/0')
  await expect(trimmed).rejects.toBeInstanceOf(KafkaUnavailableError)
  expect(kafka.sent).toHaveLength(2)
})
