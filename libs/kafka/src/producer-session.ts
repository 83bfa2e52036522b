import { CompressionTypes, type Message } from 'kafkajs'
import { createKafka, type KafkaConnection } from './create-kafka.ts'
import { createJavaPartitioner } from './java-partitioner.ts'
import { assertAnswered, createReceipt, type PublishReceipt } from './publish-receipt.ts'
import { createSocketSet } from './socket-set.ts'

/** How much later than its own deadline a broker's answer may come, ms. */
const ANSWER_GRACE_MS = 300
/** How old what it knows of partitions and leaders may become, ms: no older than what readers of the same topics know. */
const METADATA_MAX_AGE_MS = 30_000

/** A message and the topic that it is for, as the cluster knows it. */
export interface TopicMessage {
  readonly topic: string
  readonly message: Message
}

/** An acknowledged request. */
export interface SentRequest {
  /** For how long the cluster wants a pause, ms; 0 when we are over no quota. The client itself holds back the next request. */
  readonly pauseMs: number
  readonly receipt: PublishReceipt
}

/** A producer with its connections; thrown away as a whole when one of them misbehaves. */
export interface ProducerSession {
  /** Connects ahead of the first `send`; a failure shows there. */
  warm(): void
  /**
   * One acks=all request per broker.
   *
   * @throws {PartitionUnknownError} nothing was sent
   * @throws {KafkaUnavailableError} a partition that was sent to was not answered
   * @throws the client's own errors
   */
  send(messages: readonly TopicMessage[]): Promise<SentRequest>
  /** Breaks its connections now. What the broker has already received it may still write. */
  destroy(): void
  /** Ends its connections in order. */
  close(): Promise<void>
}

/**
 * Opens a session.
 *
 * A connection whose peer went silent is of no use to whoever comes next, and TCP takes minutes to notice. So whoever
 * gave up waiting calls `destroy` and opens another session.
 *
 * @param options.deadlineMs longest wait of the broker for its replicas, and ours for the broker
 */
export function openProducerSession(
  connection: KafkaConnection,
  options: { readonly deadlineMs: number },
): ProducerSession {
  const sockets = createSocketSet()
  const kafka = createKafka(connection, {
    // The broker gives up waiting for its replicas at the deadline, and its answer says so better than ours could.
    requestTimeoutMs: options.deadlineMs + ANSWER_GRACE_MS,
    // Enough to find a broker that lives; the rest is repeated by the caller.
    retry: { initialRetryTime: 50, maxRetryTime: 100, retries: 3, multiplier: 2, factor: 0.2 },
    socketFactory: sockets.factory,
  })
  const producer = kafka.producer({
    createPartitioner: createJavaPartitioner,
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    // One try: of several, the client may take a broker that answered in the first one for one that has everything.
    retry: { retries: 0 },
  })
  let connected: Promise<void> | undefined

  const connectOnce = () => {
    connected ??= producer.connect().catch((error: unknown) => {
      connected = undefined
      throw error
    })
    return connected
  }

  return {
    warm: () => void connectOnce().catch(() => undefined),
    async send(messages) {
      await connectOnce()
      const answers = await producer.sendBatch({
        acks: -1,
        timeout: options.deadlineMs,
        compression: CompressionTypes.None,
        topicMessages: groupByTopic(messages),
      })
      assertAnswered(messages, answers)
      const pauseMs = Math.max(0, ...answers.map((answer) => answer.throttleTimeMs ?? 0))
      return { pauseMs, receipt: createReceipt(messages, answers) }
    },
    destroy() {
      sockets.destroy()
      void producer.disconnect().catch(() => undefined)
    },
    close: async () => {
      await connected?.catch(() => undefined)
      await producer.disconnect()
      sockets.destroy()
    },
  }
}

function groupByTopic(messages: readonly TopicMessage[]): { topic: string; messages: Message[] }[] {
  const byTopic = new Map<string, Message[]>()
  for (const { topic, message } of messages) {
    const list = byTopic.get(topic)
    if (list === undefined) byTopic.set(topic, [message])
    else list.push(message)
  }
  return [...byTopic].map(([topic, list]) => ({ topic, messages: list }))
}
