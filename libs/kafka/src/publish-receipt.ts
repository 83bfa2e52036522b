import type { RecordMetadata } from 'kafkajs'
import { KafkaUnavailableError } from './kafka-errors.ts'
import type { TopicMessage } from './producer-session.ts'

/** Where the records of an acknowledged `publish` lie. */
export interface PublishReceipt {
  /**
   * The offset after the last record that the acknowledged request wrote to a partition; undefined when it wrote none
   * there. Topic as the cluster knows it.
   *
   * Counts what went there with an explicit partition; of keyed records, as many as the topic got in all: an upper bound.
   */
  endOf(topic: string, partition: number): number | undefined
}

/** What a broker answers about a partition that it has written to. */
export type ProduceAnswer = Pick<RecordMetadata, 'topicName' | 'partition' | 'baseOffset'>

/** Reads a receipt out of the broker's answers, only when it is asked: most callers never do. */
export function createReceipt(messages: readonly TopicMessage[], answers: readonly ProduceAnswer[]): PublishReceipt {
  return {
    endOf(topic, partition) {
      const answer = answers.find((found) => found.topicName === topic && found.partition === partition)
      if (answer?.baseOffset === undefined) return undefined
      const written = messages.filter(
        (sent) => sent.topic === topic && (sent.message.partition ?? partition) === partition,
      )
      return Number(answer.baseOffset) + written.length
    },
  }
}

/**
 * Checks that what was sent was answered: the client resolves also when it has left a partition out. Of keyed records one
 * partition of their topic must be there, since they only go to partitions that the client knows.
 *
 * @throws {KafkaUnavailableError} something was written nowhere; the rest may have been written
 */
export function assertAnswered(messages: readonly TopicMessage[], answers: readonly ProduceAnswer[]): void {
  const written = new Map<string, Set<number>>()
  for (const { topicName, partition, baseOffset } of answers) {
    if (!(Number(baseOffset) >= 0)) continue
    const known = written.get(topicName)
    if (known === undefined) written.set(topicName, new Set([partition]))
    else known.add(partition)
  }
  for (const { topic, message } of messages) {
    const partitions = written.get(topic)
    if (partitions !== undefined && (message.partition === undefined || partitions.has(message.partition))) continue
    throw new KafkaUnavailableError(`no broker has written to ${topic}/${message.partition ?? 'any partition'}`)
  }
}
