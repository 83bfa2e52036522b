import type { Kafka } from 'kafkajs'
import { classifyKafkaError, TopicMismatchError } from './kafka-errors.ts'
import type { TopicSpec } from './topology.ts'

/** What `applyTopology` did. */
export interface AppliedTopology {
  readonly created: readonly string[]
  readonly existing: readonly string[]
}

/**
 * Creates the topics that are missing. Deletes nothing, changes no partition count.
 *
 * @throws {TopicMismatchError} an existing topic has another partition count: changing it would break key order
 * @throws {KafkaUnavailableError} @throws {KafkaRefusedError}
 */
export async function applyTopology(kafka: Kafka, topology: readonly TopicSpec[]): Promise<AppliedTopology> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const existing = new Set(await admin.listTopics())
    await refuseOtherPartitionCounts(
      admin,
      topology.filter((spec) => existing.has(spec.topic)),
    )
    const missing = topology.filter((spec) => !existing.has(spec.topic))
    if (missing.length > 0) await admin.createTopics({ topics: missing.map(toCreateRequest), waitForLeaders: true })
    return {
      created: missing.map((spec) => spec.topic),
      existing: topology.filter((spec) => existing.has(spec.topic)).map((spec) => spec.topic),
    }
  } catch (error) {
    throw error instanceof TopicMismatchError ? error : classifyKafkaError(error)
  } finally {
    await admin.disconnect()
  }
}

async function refuseOtherPartitionCounts(admin: ReturnType<Kafka['admin']>, specs: readonly TopicSpec[]) {
  if (specs.length === 0) return
  const metadata = await admin.fetchTopicMetadata({ topics: specs.map((spec) => spec.topic) })
  const counts = new Map(metadata.topics.map((topic) => [topic.name, topic.partitions.length]))
  const problems = specs
    .filter((spec) => counts.get(spec.topic) !== spec.partitions)
    .map((spec) => `${spec.topic} has ${counts.get(spec.topic)} partitions, not ${spec.partitions}`)
  if (problems.length > 0) throw new TopicMismatchError(problems)
}

function toCreateRequest(spec: TopicSpec) {
  return {
    topic: spec.topic,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor,
    configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
  }
}
