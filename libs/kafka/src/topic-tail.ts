import { randomUUID } from 'node:crypto'
import type { Decoder } from '@murmuration/avro'
import { entryOfTopic } from '@murmuration/schemas'
import type { Kafka } from 'kafkajs'
import { classifyKafkaError } from './kafka-errors.ts'
import type { TopicNames } from './topics.ts'

/** A decoded record of a topic that is watched. */
export interface TailedRecord {
  /** Catalog name of the topic. */
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: string | null
  readonly event: unknown
}

/** Watches topics without being part of any group's work. */
export interface TopicTail {
  close(): Promise<void>
}

/**
 * Calls back with every record of some topics, from the beginning of their retention or from now on.
 *
 * Uses a group of its own, which it deletes on close. Meant for displays and tests, not for work that must not be lost.
 * @throws {KafkaUnavailableError}
 */
export async function tailTopics(options: {
  readonly kafka: Kafka
  readonly decoder: Decoder
  readonly names: TopicNames
  readonly topics: readonly string[]
  readonly from: 'beginning' | 'now'
  readonly onRecord: (record: TailedRecord) => void
}): Promise<TopicTail> {
  const groupId = options.names.group(`tail.${randomUUID()}`)
  const consumer = options.kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 })
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
  try {
    await consumer.connect()
    await consumer.subscribe({
      topics: options.topics.map(options.names.topic),
      fromBeginning: options.from === 'beginning',
    })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        const name = options.names.unprefixed(topic)
        const entry = entryOfTopic(name)
        if (entry === undefined) return
        const event = await options.decoder.decode(entry.record, message.value)
        const key = message.key === null ? null : message.key.toString('utf8')
        options.onRecord({ topic: name, partition, offset: BigInt(message.offset), key, event })
      },
    })
    await joined
  } catch (error) {
    await consumer.disconnect().catch(() => undefined)
    throw classifyKafkaError(error)
  }
  return {
    close: async () => {
      await consumer.disconnect()
      await deleteGroup(options.kafka, groupId)
    },
  }
}

async function deleteGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    await admin.deleteGroups([groupId])
  } catch {
    // The group is empty and expires by itself; a display must not fail over it.
  } finally {
    await admin.disconnect()
  }
}
