import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import type { TopicPartition } from './group-source.ts'

/** A request as kafkajs's connections take it. */
interface ProtocolRequest {
  readonly request: object
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<unknown>
    readonly parse: (data: unknown) => unknown
  }
  readonly requestTimeout?: number | null
}

interface ConnectionPool {
  send(request: ProtocolRequest): Promise<unknown>
  getConnection(index?: number): Promise<unknown>
}

/** A broker of kafkajs, connected. */
interface InnerBroker {
  readonly connectionPool: ConnectionPool
  /** The request in the newest version that both sides speak. */
  lookupRequest(apiKey: number, definition: unknown): (input: object) => ProtocolRequest
}

interface InnerCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  metadata(asked: { readonly topics: readonly string[] }): Promise<{ readonly clusterId: string | null }>
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  findGroupCoordinator(group: { readonly groupId: string }): Promise<InnerBroker>
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
  readonly rawMessages: readonly unknown[]
  lastOffset(): string
}

const load = createRequire(import.meta.url)
const { requests } = load('kafkajs/src/protocol/requests') as { readonly requests: Readonly<Record<string, unknown>> }
const apiKeys = load('kafkajs/src/protocol/requests/apiKeys') as Readonly<Record<string, number>>
const InnerBatch = load('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  partition: FetchedPartition,
) => Batch
const { createErrorFromCode } = load('kafkajs/src/protocol/error') as {
  readonly createErrorFromCode: (code: number) => Error & { readonly type: string }
}

/** Requests that we send ourselves. */
export type RequestName =
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'DescribeGroups'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'Fetch'
  | 'DeleteRecords'

/** A broker that requests go to. The client opens and re-opens its connections by itself. */
export interface BrokerHandle {
  /**
   * Sends one request, once.
   *
   * @param input as the request's own file in kafkajs takes it
   * @param options.timeoutMs longest wait for the answer; then the connection is broken, and whatever waits on it fails
   * @param options.parse `none`: error codes are left in the answer
   * @throws the client's own errors
   */
  send(
    name: RequestName,
    input: object,
    options?: { readonly timeoutMs?: number; readonly parse?: 'none' },
  ): Promise<unknown>
}

/** The connections, metadata and requests of kafkajs, without its consumer. */
export interface KafkajsCluster {
  /** Connects and learns about the topics. */
  connect(topics: readonly string[]): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  /** Asks only when what it knows is older than the metadata's age. */
  refreshMetadataIfNecessary(): Promise<void>
  /** The partitions of a topic and their leaders, as last heard; empty when it is unknown. Only once connected. */
  partitions(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  /** The cluster's own id. */
  clusterId(): Promise<string>
  findCoordinator(groupId: string): Promise<BrokerHandle>
  findBroker(nodeId: number): Promise<BrokerHandle>
  /** The first offset of partitions, or the one after the last that is visible to readers of committed records. */
  listOffsets: InnerCluster['fetchTopicsOffset']
}

/**
 * Reaches into kafkajs: THE file that does. Its test fails when another version moves what is used here.
 *
 * A partition assigner is handed the consumer's cluster, which knows the brokers and the protocol; the consumer itself is
 * never run.
 */
export function openKafkajsCluster(
  kafka: Kafka,
  options: { readonly groupId: string; readonly metadataMaxAgeMs: number },
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
  return {
    async connect(topics) {
      await cluster.connect()
      await cluster.addMultipleTargetTopics(topics)
    },
    disconnect: () => cluster.disconnect(),
    refreshMetadata: () => cluster.refreshMetadata(),
    refreshMetadataIfNecessary: () => cluster.refreshMetadataIfNecessary(),
    partitions: (topic) => cluster.findTopicPartitionMetadata(topic),
    clusterId: async () => (await cluster.metadata({ topics: [] })).clusterId ?? '',
    findCoordinator: async (groupId) => toHandle(await cluster.findGroupCoordinator({ groupId })),
    findBroker: async (nodeId) => toHandle(await cluster.findBroker({ nodeId })),
    listOffsets: (topics) => cluster.fetchTopicsOffset(topics),
  }
}

function unusable(): never {
  throw new TypeError('kafkajs has changed: see kafkajs-insides.ts')
}

function toHandle(broker: InnerBroker): BrokerHandle {
  shareConnecting(broker.connectionPool)
  return {
    send(name, input, { timeoutMs, parse } = {}) {
      const apiKey = apiKeys[name] ?? unusable()
      const request = broker.lookupRequest(apiKey, requests[name])(input)
      const { response } = request
      return broker.connectionPool.send({
        ...request,
        ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
        ...(parse === 'none' ? { response: { decode: response.decode, parse: async (data: unknown) => data } } : {}),
      })
    },
  }
}

const sharing = new WeakSet<ConnectionPool>()

/** Two requests that find no connection would each open a socket, and one of the two would be forgotten, open. */
function shareConnecting(pool: ConnectionPool): void {
  if (sharing.has(pool)) return
  sharing.add(pool)
  const getConnection = pool.getConnection.bind(pool)
  const underWay = new Map<number, Promise<unknown>>()
  pool.getConnection = (index = 0) => {
    const known = underWay.get(index)
    if (known !== undefined) return known
    const opened = getConnection(index).finally(() => underWay.delete(index))
    underWay.set(index, opened)
    return opened
  }
}

/** The broker that leads a partition, as last heard; undefined while none does. */
export function leaderOf(cluster: KafkajsCluster, at: TopicPartition): number | undefined {
  const leader = cluster.partitions(at.topic).find(({ partitionId }) => partitionId === at.partition)?.leader
  return leader === undefined || leader < 0 ? undefined : leader
}

/** What readers may see of a fetched partition, and where to go on: past aborted records and transaction markers too. */
export function toBatch(
  topic: string,
  fetchOffset: number,
  fetched: FetchedPartition,
): { readonly messages: readonly FetchedMessage[]; readonly nextOffset: number } {
  const batch = new InnerBatch(topic, String(fetchOffset), fetched)
  const nextOffset = batch.rawMessages.length === 0 ? fetchOffset : Number(batch.lastOffset()) + 1
  return { messages: batch.messages, nextOffset }
}

/** Kafka's name of an error code; undefined for none. */
export function errorNameOf(errorCode: number): string | undefined {
  return errorCode === 0 ? undefined : createErrorFromCode(errorCode).type
}
