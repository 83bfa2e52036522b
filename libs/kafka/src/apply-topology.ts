import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { classifyKafkaError, KafkaRefusedError, TopicMismatchError } from './kafka-errors.ts'
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
    if (missing.length > 0) await createWithLeaders(admin, missing)
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

/** Between two looks for the leaders of new topics, ms, and how many looks there are. */
const LEADER_POLL_MS = 100
const LEADER_POLLS = 50

/**
 * Creates topics and waits for their leaders. kafkajs would wait as well, but takes a broker that has not heard of a new
 * topic yet, which a busy machine shows now and then, for a refusal.
 */
async function createWithLeaders(admin: ReturnType<Kafka['admin']>, specs: readonly TopicSpec[]): Promise<void> {
  await admin.createTopics({ topics: specs.map(toCreateRequest), waitForLeaders: false })
  for (let poll = 1; ; poll += 1) {
    try {
      await admin.fetchTopicMetadata({ topics: specs.map((spec) => spec.topic) })
      return
    } catch (error) {
      const reason = classifyKafkaError(error)
      const unheardOf = reason instanceof KafkaRefusedError && reason.kafkaError === 'UNKNOWN_TOPIC_OR_PARTITION'
      if (!unheardOf || poll === LEADER_POLLS) throw error
      await sleep(LEADER_POLL_MS)
    }
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
