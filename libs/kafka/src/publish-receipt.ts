import type { RecordMetadata } from 'kafkajs'
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

/** Reads a receipt out of the broker's answers, only when it is asked: most callers never do. */
export function createReceipt(
  messages: readonly TopicMessage[],
  answers: readonly Pick<RecordMetadata, 'topicName' | 'partition' | 'baseOffset'>[],
): PublishReceipt {
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
