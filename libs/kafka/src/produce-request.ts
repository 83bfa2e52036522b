import { CompressionTypes } from 'kafkajs'
import type { TopicPartition } from './group-source.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import { toProtocolError } from './kafkajs-insides.ts'
import { toKey } from './partition-key.ts'
import type { ProducerId } from './producer-epoch.ts'
import type { BatchAnswer, PartitionBatch } from './producer-session.ts'

/** An answer to a Produce request, as the client reads it. */
export interface ProducedTopics {
  readonly topics: readonly {
    readonly topicName: string
    readonly partitions: readonly {
      readonly partition: number
      readonly errorCode: number
      readonly baseOffset: string
    }[]
  }[]
  /** For how long the broker wants a pause, ms. */
  readonly clientSideThrottleTime?: number
}

/** An acks=all request, as the client takes it. @param timeout longest wait of the broker for its replicas, ms. Pure. */
export function toProduceRequest(batches: readonly PartitionBatch[], as: ProducerId, timeout: number): object {
  const topicData = [...Map.groupBy(batches, ({ topic }) => topic)].map(([topic, partitions]) => ({
    topic,
    partitions,
  }))
  return {
    acks: -1,
    timeout,
    compression: CompressionTypes.None,
    producerId: as.producerId,
    producerEpoch: as.epoch,
    topicData,
  }
}

/** By partition: a broker that leaves one out has not written to it. Pure. */
export function readAnswers(batches: readonly PartitionBatch[], { topics }: ProducedTopics): readonly BatchAnswer[] {
  const byTopic = new Map(topics.map(({ topicName, partitions }) => [topicName, partitions]))
  return batches.map((batch) => {
    const answer = byTopic.get(batch.topic)?.find(({ partition }) => partition === batch.partition)
    if (answer === undefined) return unanswered(batch)
    const error = toProtocolError(answer.errorCode)
    return error === undefined ? { baseOffset: Number(answer.baseOffset) } : { error }
  })
}

/** What is known of a batch that nobody speaks of. Pure. */
export function unanswered(batch: TopicPartition): { readonly error: Error } {
  return { error: new KafkaUnavailableError(`no broker has written to ${toKey(batch)}`) }
}
