import { createDecoder, createEncoder, createRegistry, type RegistryOptions } from '@murmuration/avro'
import type { Logger, Metrics } from '@murmuration/observability'
import { catalog, entryOfTopic, type RecordName } from '@murmuration/schemas'
import { createClusterCheck } from './cluster-check.ts'
import { createKafka } from './create-kafka.ts'
import { createKafkaPartitionSource } from './kafka-partition-source.ts'
import { createKafkaPublisher } from './kafka-publisher.ts'
import type { KafkaRecord, PartitionSource } from './partition-source.ts'
import type { Publisher } from './publisher.ts'
import { createTopicNames, type TopicNames } from './topics.ts'
import { untilAvailable } from './until-available.ts'

/** How long a member that fell silent keeps its partitions, ms. */
const SESSION_TIMEOUT_MS = 10_000
/** Bytes that may wait for Kafka where the service does not say otherwise. */
const MAX_QUEUED_BYTES = 32 * 1_048_576

/** A service's link to Kafka and the schemas of what it reads and writes. */
export interface KafkaLink {
  readonly names: TopicNames
  readonly publisher: Publisher
  /** Turns a record of a catalog topic into its event. @throws {PipelineError} wait or quarantine, see libs/avro */
  decode(record: KafkaRecord): Promise<unknown>
  /** Joins a group on the topics of some records; waits while Kafka is away. @throws {KafkaRefusedError} */
  openSource(group: { readonly groupId: string; readonly records: readonly RecordName[] }): Promise<PartitionSource>
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
  const kafka = createKafka(connection)
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
    decode(record) {
      const entry = entryOfTopic(names.unprefixed(record.topic))
      if (entry === undefined) throw new TypeError(`${record.topic} is not a topic of the catalog`)
      return decoder.decode(entry.record, record.value)
    },
    openSource: ({ groupId, records }) =>
      untilAvailable(
        () =>
          createKafkaPartitionSource({
            kafka,
            groupId: names.group(groupId),
            topics: records.map((record) => names.topic(catalog[record].topic)),
            sessionTimeoutMs: SESSION_TIMEOUT_MS,
          }),
        logger,
      ),
    check: createClusterCheck(connection, {
      topics: options.writes.map((record) => names.topic(catalog[record].topic)),
    }),
    close: () => publisher.close(),
  }
}
