import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { CompressionTypes, type ISocketFactory, type Message } from 'kafkajs'
import { createKafka, type KafkaConnection } from './create-kafka.ts'
import { createJavaPartitioner } from './java-partitioner.ts'

/** How much later than its own deadline a broker's answer may come, ms. */
const ANSWER_GRACE_MS = 300

/** A message and the topic that it is for, as the cluster knows it. */
export interface TopicMessage {
  readonly topic: string
  readonly message: Message
}

/** A producer with its connections; thrown away as a whole when one of them misbehaves. */
export interface ProducerSession {
  /** Connects ahead of the first `send`; a failure shows there. */
  warm(): void
  /**
   * One acks=all request per broker. The client itself holds back the next one while a broker wants a pause.
   *
   * @returns for how long that is, ms; 0 when we are over no quota
   * @throws the client's own errors
   */
  send(messages: readonly TopicMessage[]): Promise<number>
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
      return Math.max(0, ...answers.map((answer) => answer.throttleTimeMs ?? 0))
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

/** Makes sockets and can break all of them, those included that are asked for afterwards. */
function createSocketSet(): { readonly factory: ISocketFactory; destroy(): void } {
  const sockets = new Set<Socket>()
  let destroyed = false
  return {
    factory: ({ host, port, ssl, onConnect }) => {
      const servername = isIP(host) === 0 ? { servername: host } : {}
      const socket = ssl
        ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
        : connect({ host, port }, onConnect)
      // Requests are written whole: there is nothing to gain from waiting for more bytes.
      socket.setNoDelay(true)
      socket.setKeepAlive(true, 60_000)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      if (destroyed) process.nextTick(() => socket.destroy(new Error('the session is over')))
      return socket
    },
    destroy() {
      destroyed = true
      // With an error: the client notices nothing else, and would go on waiting.
      for (const socket of sockets) socket.destroy(new Error('the session is over'))
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
