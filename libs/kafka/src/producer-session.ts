import type { Message } from 'kafkajs'
import type { BrokerOutages } from './broker-outages.ts'
import { createKafka, type KafkaConnection } from './create-kafka.ts'
import type { TopicPartition } from './group-source.ts'
import { kafkaErrorOf } from './kafka-errors.ts'
import { type KafkajsCluster, leaderOf, openKafkajsCluster, toProtocolError } from './kafkajs-insides.ts'
import { decodeProduced, type ProducedTopics, readAnswers, toProduceRequest, unanswered } from './produce-request.ts'
import type { ProducerId } from './producer-epoch.ts'
import { createSocketSet } from './socket-set.ts'

/** How much later than its own deadline a broker's answer may come, ms. */
const ANSWER_GRACE_MS = 300
/** How old what it knows of partitions and leaders may become, ms: no older than what readers of the same topics know. */
const METADATA_MAX_AGE_MS = 30_000
/** Of transactions, which we do not use; what a Java producer sends. */
const NO_TRANSACTION_MS = 2 ** 31 - 1
/** Kafka's codes for a partition that nobody leads, and for a broker that does not answer. */
const [LEADER_NOT_AVAILABLE, BROKER_NOT_AVAILABLE] = [5, 8]
/** Longest wait for whatever is no Produce request, ms: in time for another try elsewhere. */
const LOOK_UP_MS = 1_000
/** Longest wait for the answer to a probe, ms; to connect may take as long. */
const PROBE_MS = 1_000
/** What a session has learnt within this is what the cluster says at present, ms. */
const FRESH_MS = 1_000

/** A message and the topic that it is for, as the cluster knows it. */
export interface TopicMessage {
  readonly topic: string
  readonly message: Message
}

/** Records of one partition: they are written together, or not at all. */
export interface PartitionBatch extends TopicPartition {
  readonly messages: readonly Message[]
  /** The producer's number of the first one. */
  readonly firstSequence: number
}

/** What became of a batch: where its first record lies, or the client's own error. */
export type BatchAnswer = { readonly baseOffset: number } | { readonly error: unknown }

/** What became of the batches of one request. */
export interface ProduceAnswer {
  /** For each batch, in order. */
  readonly answers: readonly BatchAnswer[]
  /** For how long the cluster wants a pause, ms; 0 when we are over no quota. The client itself holds back the next request. */
  readonly pauseMs: number
}

/** A producer's connections, and what it knows over them; thrown away as a whole when one of them misbehaves. */
export interface ProducerSession {
  /** Connects ahead of the first request; a failure shows there. */
  warm(): void
  /** Connects, and learns about the topics what it does not know yet, or not any more. @throws the client's own errors */
  prepare(topics: readonly string[]): Promise<void>
  /** Learns about its topics anew, should it know any. @throws the client's own errors */
  refresh(): Promise<void>
  /** Whether it has just learnt what it knows. */
  isFresh(): boolean
  /** The partitions of a topic and their leaders, -1 for none; empty when it is unknown. */
  partitions(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  clusterId(): string | undefined
  /** @throws the client's own errors */
  requestId(): Promise<ProducerId>
  /** One acks=all request per broker. Never rejects. At most one batch of each partition. */
  produce(batches: readonly PartitionBatch[], as: ProducerId): Promise<ProduceAnswer>
  /** Breaks its connections now. What a broker has already received it may still write. */
  destroy(): void
  /** Ends its connections in order. */
  close(): Promise<void>
}

/**
 * Opens a session.
 *
 * A connection whose peer went silent is of no use to whoever comes next, and TCP takes minutes to notice. So whoever
 * gave up waiting calls `destroy` and opens another session. A broker that does not answer, or that was given up so, is sent
 * nothing until it answers a probe, as long as another one may take something.
 *
 * @param options.deadlineMs longest wait of the broker for its replicas, and ours for the broker
 * @param options.startAt how many of the brokers to go past: the next session should not begin with the one that hangs
 */
export function openProducerSession(
  connection: KafkaConnection,
  options: { readonly deadlineMs: number; readonly outages: BrokerOutages; readonly startAt?: number },
): ProducerSession {
  const sockets = createSocketSet()
  // The broker gives up waiting for its replicas at the deadline, and its answer says so better than ours could.
  const timeoutMs = options.deadlineMs + ANSWER_GRACE_MS
  const kafka = createKafka(connection, {
    requestTimeoutMs: LOOK_UP_MS,
    startAt: options.startAt ?? 0,
    // Enough to find a broker that lives; the rest is repeated by the caller.
    retry: { initialRetryTime: 50, maxRetryTime: 100, retries: 3, multiplier: 2, factor: 0.2 },
    socketFactory: sockets.factory,
  })
  const cluster = openKafkajsCluster(kafka, { groupId: 'none', metadataMaxAgeMs: METADATA_MAX_AGE_MS })
  let connected: Promise<void> | undefined
  let refreshedAtMs = performance.now()
  const known = new Set<string>()
  /** Brokers that have a request and have not answered it. */
  const pending = new Set<number>()

  const connectOnce = () => {
    connected ??= cluster.connect().catch((error: unknown) => {
      connected = undefined
      throw error
    })
    return connected
  }

  /** Undefined for none; also when nothing is known any more, since the session was destroyed. */
  function toLeader(batch: PartitionBatch): number | undefined {
    try {
      return leaderOf(cluster, batch)
    } catch {
      return undefined
    }
  }

  function noteOut(nodeId: number): void {
    const address = cluster.addressOf(nodeId)
    if (address !== undefined) options.outages.note(address)
  }

  function noteBack(nodeId: number): void {
    const address = cluster.addressOf(nodeId)
    if (address !== undefined) options.outages.noteBack(address)
  }

  function isOut(nodeId: number): boolean {
    const address = cluster.addressOf(nodeId)
    return address !== undefined && options.outages.isOut(address)
  }

  /** Of all of them at once there is nobody to be spared, and the request itself is the best probe. */
  function isSpared(nodeId: number): boolean {
    if (!isOut(nodeId)) return false
    const leaders = [...known].flatMap((topic) => cluster.partitions(topic).map(({ leader }) => leader))
    return leaders.some((leader) => leader >= 0 && leader !== nodeId && !isOut(leader))
  }

  async function produceLed(
    nodeId: number | undefined,
    batches: readonly PartitionBatch[],
    as: ProducerId,
  ): Promise<ProduceAnswer> {
    if (nodeId === undefined) return unsent(batches, LEADER_NOT_AVAILABLE)
    return isSpared(nodeId) ? unsent(batches, BROKER_NOT_AVAILABLE) : produceTo(nodeId, batches, as)
  }

  async function produceTo(nodeId: number, batches: readonly PartitionBatch[], as: ProducerId): Promise<ProduceAnswer> {
    pending.add(nodeId)
    try {
      const broker = await cluster.findBroker(nodeId)
      const request = toProduceRequest(batches, as, options.deadlineMs)
      const answer = (await broker.send('Produce', request, { timeoutMs, decode: decodeProduced })) as ProducedTopics
      noteBack(nodeId)
      return { answers: readAnswers(batches, answer), pauseMs: answer.clientSideThrottleTime }
    } catch (error) {
      if (kafkaErrorOf(error) === undefined) noteOut(nodeId)
      return { answers: batches.map(() => ({ error })), pauseMs: 0 }
    } finally {
      pending.delete(nodeId)
    }
  }

  return {
    warm: () => void connectOnce().catch(() => undefined),
    async prepare(topics) {
      if (topics.length === 0) return
      if (topics.some((topic) => !known.has(topic))) {
        await connectOnce()
        await cluster.addTopics(topics)
        for (const topic of topics) known.add(topic)
      }
      await cluster.refreshMetadataIfNecessary()
    },
    async refresh() {
      // Whoever knows of no topic yet would be told of all.
      if (known.size === 0) return
      await cluster.refreshMetadata()
      refreshedAtMs = performance.now()
    },
    isFresh: () => performance.now() - refreshedAtMs < FRESH_MS,
    partitions: cluster.partitions,
    clusterId: cluster.knownClusterId,
    requestId: () => requestProducerId(cluster),
    async produce(batches, as) {
      const byLeader = Map.groupBy(batches, toLeader)
      const sent = [...byLeader].map(async ([nodeId, led]) => ({ led, ended: await produceLed(nodeId, led, as) }))
      const found = new Map<PartitionBatch, BatchAnswer>()
      let pauseMs = 0
      for (const { led, ended } of await Promise.all(sent)) {
        for (const [at, batch] of led.entries()) found.set(batch, ended.answers[at] ?? unanswered(batch))
        pauseMs = Math.max(pauseMs, ended.pauseMs)
      }
      return { answers: batches.map((batch) => found.get(batch) ?? unanswered(batch)), pauseMs }
    },
    destroy() {
      for (const nodeId of pending) noteOut(nodeId)
      sockets.destroy()
      void cluster.disconnect().catch(() => undefined)
    },
    close: async () => {
      await connected?.catch(() => undefined)
      await cluster.disconnect()
      sockets.destroy()
    },
  }
}

/** Nothing was sent. */
function unsent(batches: readonly PartitionBatch[], errorCode: number): ProduceAnswer {
  return { answers: batches.map(() => ({ error: toProtocolError(errorCode) })), pauseMs: 0 }
}

/** Any broker gives one; the leaders of what we write to are those that we are connected to. */
async function requestProducerId(cluster: KafkajsCluster): Promise<ProducerId> {
  const broker = await cluster.findAnyBroker()
  const input = { transactionalId: null, transactionTimeout: NO_TRANSACTION_MS }
  const { producerId, producerEpoch } = (await broker.send('InitProducerId', input)) as {
    readonly producerId: string
    readonly producerEpoch: number
  }
  return { clusterId: cluster.knownClusterId(), producerId, epoch: producerEpoch }
}

/** Asks a broker for the versions that it speaks. @throws when it does not answer */
export async function probeBroker(connection: KafkaConnection, address: string): Promise<void> {
  const kafka = createKafka(
    { ...connection, brokers: [address] },
    { requestTimeoutMs: PROBE_MS, retry: { retries: 0 } },
  )
  const admin = kafka.admin()
  try {
    await admin.connect()
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
