import type { Message, PartitionerArgs } from 'kafkajs'
import type { TopicPartition } from './group-source.ts'
import { PartitionUnknownError } from './kafka-errors.ts'
import { toKey } from './partition-key.ts'
import type { TopicMessage } from './producer-session.ts'

/** The messages of one `publish`: they are acknowledged together or not at all. */
export type Call = readonly TopicMessage[]

/** A message, and which call it is of. */
export interface RoutedMessage {
  readonly call: number
  readonly message: Message
}

/** What goes to one partition, in the order of the calls. */
export interface Lane extends TopicPartition {
  readonly key: string
  readonly messages: RoutedMessage[]
}

/** Where everything goes. */
export interface Routes {
  readonly lanes: readonly Lane[]
  /** Of calls for a partition that does not exist; nothing of them is in a lane. */
  readonly errors: ReadonlyMap<number, PartitionUnknownError>
}

type PartitionMetadata = Pick<PartitionerArgs['partitionMetadata'][number], 'partitionId' | 'leader'>

/**
 * Sorts the messages of calls by partition.
 *
 * @param open of which calls: their indexes, in order
 * @param cluster.choose says the partition of a message. @throws {PartitionUnknownError}
 */
export function routeCalls(
  calls: readonly Call[],
  open: readonly number[],
  cluster: {
    readonly partitions: (topic: string) => readonly PartitionMetadata[]
    readonly choose: (args: PartitionerArgs) => number
  },
): Routes {
  const lanes: Lane[] = []
  const byTopic = new Map<string, Map<number, Lane>>()
  const errors = new Map<number, PartitionUnknownError>()
  for (const call of open) {
    const messages = calls[call] ?? []
    const places = placesOf(messages, cluster)
    if (places instanceof PartitionUnknownError) {
      errors.set(call, places)
      continue
    }
    let at = 0
    for (const { topic, message } of messages) {
      const partition = places[at++] as number
      const ofTopic = byTopic.get(topic) ?? new Map<number, Lane>()
      const lane = ofTopic.get(partition)
      if (lane !== undefined) {
        lane.messages.push({ call, message })
        continue
      }
      const opened = { key: toKey({ topic, partition }), topic, partition, messages: [{ call, message }] }
      byTopic.set(topic, ofTopic.set(partition, opened))
      lanes.push(opened)
    }
  }
  return { lanes, errors }
}

/** The partition of each message, or why the call can't be routed. */
function placesOf(call: Call, cluster: Parameters<typeof routeCalls>[2]): readonly number[] | PartitionUnknownError {
  try {
    return call.map(({ topic, message }) => {
      const partitionMetadata = cluster.partitions(topic) as PartitionerArgs['partitionMetadata']
      return cluster.choose({ topic, partitionMetadata, message })
    })
  } catch (error) {
    if (error instanceof PartitionUnknownError) return error
    throw error
  }
}
