import { createDecoder, createEncoder, createRegistry, type RegistryOptions } from '@murmuration/avro'
import type { Logger, Metrics } from '@murmuration/observability'
import { catalog, entryOfTopic, type RecordName } from '@murmuration/schemas'
import { createClusterAsker, createClusterCheck } from './cluster-check.ts'
import type { PartitionSource } from './group-source.ts'
import { createKafkaGroupSource } from './kafka-group-source.ts'
import { createKafkaPublisher } from './kafka-publisher.ts'
import type { AcquireMachineLock } from './machine-lock.ts'
import type { Publisher } from './publisher.ts'
import { createTopicNames, type TopicNames } from './topics.ts'
import { untilAvailable } from './until-available.ts'

/** How long a member that fell silent keeps its partitions, ms. */
const SESSION_TIMEOUT_MS = 10_000
/** What a member's lease ends before that, ms: for a call and a write that are under way, and for clocks. */
const LEASE_MARGIN_MS = 4_000
/** Bytes that may wait for Kafka where the service does not say otherwise. */
const MAX_QUEUED_BYTES = 32 * 1_048_576

/** What a group reads, and how its members part. */
export interface GroupOptions {
  /** As the catalog names it. */
  readonly groupId: string
  readonly records: readonly RecordName[]
  readonly retries: boolean
  /** Longest wait for a drain, ms. */
  readonly drainMs: number
}

/** A service's link to Kafka and the schemas of what it reads and writes. */
export interface KafkaLink {
  readonly names: TopicNames
  readonly publisher: Publisher
  /** Turns a value of a topic, as the catalog names it, into its event. @throws {PipelineError} wait or quarantine, see libs/avro */
  decode(topic: string, value: Buffer | null): Promise<unknown>
  /** The same at once; undefined where `decode` must be asked. @throws {PipelineError} */
  decodeNow(topic: string, value: Buffer | null): unknown
  /** A member of a group on the topics of some records; with `retries` on their retry topics too. It has not joined yet. */
  openGroup(group: GroupOptions): PartitionSource
  /** Why Kafka can't be used at present, or a topic that we write can't; undefined when all is well. Asks the cluster at most every two seconds. */
  check(): Promise<string | undefined>
  close(): Promise<void>
}

/** What a service says about its link. */
export interface KafkaLinkOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly topicPrefix: string
  readonly registry: RegistryOptions
  /** Records that the service writes; their schemas must be registered. */
  readonly writes: readonly RecordName[]
  /** Longest wait for an acknowledgement, ms. */
  readonly publishDeadlineMs: number
  /** Records that may wait while Kafka is slow. */
  readonly maxQueuedRecords: number
  /** Bytes that may wait while Kafka is slow; 32 MiB when not given. */
  readonly maxQueuedBytes?: number
  /** How a group member of this machine is known to be dead; by the kernel, when not given. */
  readonly acquireLock?: AcquireMachineLock
  readonly logger: Logger
  readonly metrics: Metrics
}

/**
 * Opens the link; waits while the registry is away.
 *
 * @throws {SchemaNotRegisteredError} a schema was never pushed
 */
export async function openKafkaLink(options: KafkaLinkOptions): Promise<KafkaLink> {
  const { logger, metrics } = options
  const names = createTopicNames(options.topicPrefix)
  const registry = createRegistry({ ...options.registry, logger, metrics })
  const encoder = await untilAvailable(
    () => createEncoder(registry, { records: options.writes, topicPrefix: options.topicPrefix }),
    logger,
  )
  const decoder = createDecoder(registry)
  const { brokers, clientId } = options
  const connection = { brokers, clientId, logger }
  const publisher = createKafkaPublisher({
    connection,
    encoder,
    names,
    metrics,
    deadlineMs: options.publishDeadlineMs,
    maxQueuedRecords: options.maxQueuedRecords,
    maxQueuedBytes: options.maxQueuedBytes ?? MAX_QUEUED_BYTES,
    nowMs: () => performance.now(),
  })
  return {
    names,
    publisher,
    decode: (topic, value) => decoder.decode(recordOf(topic), value),
    decodeNow: (topic, value) => decoder.decodeNow(recordOf(topic), value),
    openGroup({ groupId, records, retries, drainMs }) {
      const topics = records.map((record) => catalog[record].topic)
      return createKafkaGroupSource({
        connection,
        groupId: names.group(groupId),
        topics: [
          ...topics.map((topic) => names.topic(topic)),
          ...(retries ? topics.map((topic) => names.retry(topic, groupId)) : []),
        ],
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        drainMs,
        leaseMarginMs: LEASE_MARGIN_MS,
        ...(options.acquireLock === undefined ? {} : { acquireLock: options.acquireLock }),
        nowMs: () => performance.now(),
      })
    },
    check: createClusterCheck(
      createClusterAsker(connection, { topics: options.writes.map((record) => names.topic(catalog[record].topic)) }),
    ),
    close: () => publisher.close(),
  }
}

/** @throws {TypeError} the catalog has no such topic */
function recordOf(topic: string): RecordName {
  const entry = entryOfTopic(topic)
  if (entry === undefined) throw new TypeError(`${topic} is not a topic of the catalog`)
  return entry.record
}
