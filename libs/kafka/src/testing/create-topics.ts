import type { Kafka } from 'kafkajs'
import { applyTopology } from '../apply-topology.ts'

/** Creates topics with one copy, and waits until the brokers have heard of them, which kafkajs's own wait does not stand. */
export async function createTopics(kafka: Kafka, partitions: Readonly<Record<string, number>>): Promise<void> {
  const specs = Object.entries(partitions).map(([topic, count]) => ({
    topic,
    partitions: count,
    replicationFactor: 1,
    config: {},
  }))
  await applyTopology(kafka, specs)
}
