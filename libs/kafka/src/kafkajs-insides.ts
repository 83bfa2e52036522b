import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import type { TopicPartition } from './group-source.ts'
import { createOwnBrokers, guardConnections, type InnerBroker, type InnerBrokerPool } from './kafkajs-connections.ts'
import { findCoordinator } from './kafkajs-coordinator.ts'
import { tolerateLeaderless } from './kafkajs-metadata.ts'
import { type BrokerHandle, toHandle, unusable } from './kafkajs-requests.ts'

interface InnerCluster {
  readonly brokerPool: InnerBrokerPool
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  metadata(asked: { readonly topics: readonly string[] }): Promise<{ readonly clusterId: string | null }>
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  findBroker(node: { readonly nodeId: number }): Promise<InnerBroker>
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number }[]
      readonly fromBeginning: boolean
    }[],
  ): Promise<
    readonly { readonly topic: string; readonly partitions: readonly { partition: number; offset: string }[] }[]
  >
}

/** A fetched record before we read it. */
export interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
}

/** What a broker answers about one partition of a fetch. */
export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  /** Everything, markers of transactions included; `toBatch` leaves out what readers must not see. */
  readonly messages: readonly unknown[]
}

interface Batch {
  readonly messages: readonly FetchedMessage[]
  readonly rawMessages: readonly {
    readonly offset: string
    readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number }
  }[]
}

const load = createRequire(import.meta.url)
const InnerBatch = load('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  partition: FetchedPartition,
) => Batch
const { createErrorFromCode } = load('kafkajs/src/protocol/error') as {
  readonly createErrorFromCode: (code: number) => Error & { readonly type: string }
}

/** The connections, metadata and requests of kafkajs, without its consumer. */
export interface KafkajsCluster {
  /** Connects and learns about the topics: about all when there are none in the list, about none when there is no list. */
  connect(topics?: readonly string[]): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  /** Asks only when what it knows is older than the metadata's age. */
  refreshMetadataIfNecessary(): Promise<void>
  /** The partitions of a topic and their leaders, -1 for none, as last heard; empty when it is unknown. Only once connected. */
  partitions(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  /** Learns about these topics too. */
  addTopics(topics: readonly string[]): Promise<void>
  /** The cluster's own id. */
  clusterId(): Promise<string>
  /** The same, as it came with the metadata; undefined before that. */
  knownClusterId(): string | undefined
  /** The broker that keeps a group, over connections of its own: neither fetches nor commits nor anything else stand before a heartbeat. */
  findCoordinator(groupId: string): Promise<BrokerHandle>
  findBroker(nodeId: number): Promise<BrokerHandle>
  /** Where a broker is, host:port; undefined when it is not known. */
  addressOf(nodeId: number): string | undefined
  /** One that it is connected to, if there is one. */
  findAnyBroker(): Promise<BrokerHandle>
  /** The first offset of partitions, or the one after the last that is visible to readers of committed records. */
  listOffsets: InnerCluster['fetchTopicsOffset']
}

/**
 * Reaches into kafkajs: with the other `kafkajs-*.ts` THE file that does. Its test fails when another version moves
 * what is used here.
 *
 * A partition assigner is handed the consumer's cluster, which knows the brokers and the protocol; the consumer itself is
 * never run.
 */
export function openKafkajsCluster(
  kafka: Kafka,
  options: {
    readonly groupId: string
    readonly metadataMaxAgeMs: number
    /** Longest wait of the coordinator's answers where a request does not say its own, ms; the client's when not given. */
    readonly coordinatorTimeoutMs?: number
  },
): KafkajsCluster {
  const captured: InnerCluster[] = []
  kafka.consumer({
    groupId: options.groupId,
    metadataMaxAge: options.metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (handed) => {
        captured.push(handed.cluster as unknown as InnerCluster)
        return { name: 'never used', version: 0, assign: async () => [], protocol: () => unusable() }
      },
    ],
  })
  const cluster = captured[0] ?? unusable()
  guardConnections(cluster.brokerPool, { wallMs: Date.now })
  tolerateLeaderless(cluster.brokerPool)
  const { coordinatorTimeoutMs } = options
  const own = createOwnBrokers(
    cluster.brokerPool,
    coordinatorTimeoutMs === undefined ? {} : { requestTimeoutMs: coordinatorTimeoutMs },
  )
  return {
    async connect(topics) {
      await cluster.connect()
      if (topics !== undefined) await cluster.addMultipleTargetTopics(topics)
    },
    async disconnect() {
      await Promise.all([own.disconnect(), cluster.disconnect()])
    },
    refreshMetadata: () => cluster.refreshMetadata(),
    refreshMetadataIfNecessary: () => cluster.refreshMetadataIfNecessary(),
    partitions: (topic) => cluster.findTopicPartitionMetadata(topic),
    addTopics: (topics) => cluster.addMultipleTargetTopics(topics),
    clusterId: async () => (await cluster.metadata({ topics: [] })).clusterId ?? '',
    knownClusterId: () => cluster.brokerPool.metadata?.clusterId ?? undefined,
    findCoordinator: (groupId) => findCoordinator(groupId, { cluster, own, toStart: () => randomInt(2 ** 31) }),
    findBroker: async (nodeId) => toHandle(await cluster.findBroker({ nodeId })),
    addressOf: (nodeId) => {
      const at = cluster.brokerPool.brokers[nodeId]?.connectionPool
      return at && `${at.host}:${at.port}`
    },
    findAnyBroker: async () => toHandle(await cluster.brokerPool.findConnectedBroker()),
    listOffsets: (topics) => cluster.fetchTopicsOffset(topics),
  }
}

/** The broker that leads a partition, as last heard; undefined while none does. */
export function leaderOf(cluster: KafkajsCluster, at: TopicPartition): number | undefined {
  const leader = cluster.partitions(at.topic).find(({ partitionId }) => partitionId === at.partition)?.leader
  return leader === undefined || leader < 0 ? undefined : leader
}

/**
 * What readers may see of a fetched partition, and where to go on: past aborted records, transaction markers and what
 * compaction has taken from the end of a batch too.
 */
export function toBatch(
  topic: string,
  fetchOffset: number,
  fetched: FetchedPartition,
): { readonly messages: readonly FetchedMessage[]; readonly nextOffset: number } {
  const { messages, rawMessages } = new InnerBatch(topic, String(fetchOffset), fetched)
  const last = rawMessages.at(-1)
  if (last === undefined) return { messages, nextOffset: fetchOffset }
  const { batchContext, offset } = last
  const lastOffset =
    batchContext === undefined ? Number(offset) : Number(batchContext.firstOffset) + batchContext.lastOffsetDelta
  return { messages, nextOffset: Math.max(fetchOffset, lastOffset + 1) }
}

/** Kafka's name of an error code; undefined for none. */
export function errorNameOf(errorCode: number): string | undefined {
  return toProtocolError(errorCode)?.type
}

/** The client's error for a code in an answer; undefined for none. */
export function toProtocolError(errorCode: number): (Error & { readonly type: string }) | undefined {
  return errorCode === 0 ? undefined : createErrorFromCode(errorCode)
}
