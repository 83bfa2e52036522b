import { CompressionTypes } from 'kafkajs'
import type { TopicPartition } from './group-source.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import { toProtocolError } from './kafkajs-insides.ts'
import { toKey } from './partition-key.ts'
import type { ProducerId } from './producer-epoch.ts'
import type { BatchAnswer, PartitionBatch } from './producer-session.ts'

/** What an answer to a Produce request says. */
export interface ProducedTopics {
  readonly topics: readonly ProducedTopic[]
  /** For how long the broker wants a pause, ms; kafkajs's connections look at it too. 0 of one that has paused by itself. */
  readonly clientSideThrottleTime: number
}

interface ProducedTopic {
  readonly topicName: string
  readonly partitions: readonly {
    readonly partition: number
    readonly errorCode: number
    readonly baseOffset: number
  }[]
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

/** From this version on an answer names each partition's first offset. */
const HAS_LOG_START = 5
/** From this version on a broker answers first, and wants the pause from us. */
const ASKS_FOR_PAUSE = 6

/**
 * Reads an answer of version 3 to 7. kafkajs reads three offsets for each partition through BigInt, of which we need one.
 *
 * @throws {RangeError} it ends too early. Pure.
 */
export function decodeProduced(bytes: Buffer, version: number): ProducedTopics {
  let at = 0
  const int32 = () => {
    at += 4
    return bytes.readInt32BE(at - 4)
  }
  const topics: ProducedTopic[] = []
  for (let topicsLeft = int32(); topicsLeft > 0; topicsLeft -= 1) {
    const nameEnd = at + 2 + bytes.readInt16BE(at)
    const topicName = bytes.toString('utf8', at + 2, nameEnd)
    at = nameEnd
    const partitions: ProducedTopic['partitions'][number][] = []
    for (let left = int32(); left > 0; left -= 1) {
      const partition = int32()
      const errorCode = bytes.readInt16BE(at)
      const baseOffset = bytes.readInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6)
      // Behind them the time of the append, which is the broker's business.
      at += version >= HAS_LOG_START ? 26 : 18
      partitions.push({ partition, errorCode, baseOffset })
    }
    topics.push({ topicName, partitions })
  }
  const throttleTime = int32()
  return { topics, clientSideThrottleTime: version >= ASKS_FOR_PAUSE ? throttleTime : 0 }
}

/** By partition: a broker that leaves one out has not written to it. Pure. */
export function readAnswers(batches: readonly PartitionBatch[], { topics }: ProducedTopics): readonly BatchAnswer[] {
  const byTopic = new Map(topics.map(({ topicName, partitions }) => [topicName, partitions]))
  return batches.map((batch) => {
    const answer = byTopic.get(batch.topic)?.find(({ partition }) => partition === batch.partition)
    if (answer === undefined) return unanswered(batch)
    const error = toProtocolError(answer.errorCode)
    return error === undefined ? { baseOffset: answer.baseOffset } : { error }
  })
}

/** What is known of a batch that nobody speaks of. Pure. */
export function unanswered(batch: TopicPartition): { readonly error: Error } {
  return { error: new KafkaUnavailableError(`no broker has written to ${toKey(batch)}`) }
}
