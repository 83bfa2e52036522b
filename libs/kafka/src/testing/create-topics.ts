import type { Kafka } from 'kafkajs'
import { applyTopology } from '../apply-topology.ts'
import { wait } from '../wait.ts'

/**
 * Creates topics with one copy, and waits until their leaders answer, not only until brokers have heard of them: a client
 * that is refused then repeats whole requests, and what was written twice fails a test that counts.
 */
export async function createTopics(
  kafka: Kafka,
  partitions: Readonly<Record<string, number>>,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const specs = Object.entries(partitions).map(([topic, count]) => ({
    topic,
    partitions: count,
    replicationFactor: 1,
    config,
  }))
  await applyTopology(kafka, specs)
  const admin = kafka.admin()
  await admin.connect()
  for (const { topic } of specs) await untilAnswered(() => admin.fetchTopicOffsets(topic))
  await admin.disconnect()
}

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left -= 1) {
    try {
      await ask()
      return
    } catch (error) {
      if (left === 0) throw error
      await wait(100)
    }
  }
}
