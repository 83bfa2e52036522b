import { createRequire } from 'node:module'

/** By its file: Node does not see it among what kafkajs exports. */
const { KafkaJSRequestTimeoutError } = createRequire(import.meta.url)('kafkajs/src/errors') as {
  readonly KafkaJSRequestTimeoutError: new (message: string) => Error
}

/** A request as kafkajs's connections take it. */
export interface ProtocolRequest {
  readonly request: { readonly apiName?: string; readonly apiVersion?: number }
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<unknown>
    readonly parse: (data: unknown) => unknown
  }
  readonly requestTimeout?: number | null
  /** Ours: longest wait for the answer, ms. When it is not given, what kafkajs itself would wait. */
  readonly deadlineMs?: number
}

interface Connection {
  readonly socket: unknown
  readonly requestQueue: { requestTimeout: number; throttledUntil: number }
  send(request: ProtocolRequest): Promise<unknown>
  /** Of our patch: breaks the connection, and fails what waits on it. */
  abandon(socket: unknown): void
}

/** The two connections to a broker: the first for everything, the second one kafkajs uses for fetches only. */
interface ConnectionPool {
  readonly host: string
  readonly port: number
  readonly pool: readonly Connection[]
  send(request: ProtocolRequest): Promise<unknown>
  getConnection(index?: number): Promise<Connection>
}

/** A broker of kafkajs. */
export interface InnerBroker {
  readonly connectionPool: ConnectionPool
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** The request in the newest version that both sides speak. */
  lookupRequest(apiKey: number, definition: unknown): (input: object) => ProtocolRequest
}

/** Where a broker is. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** What kafkajs makes connections with. */
export interface InnerBrokerPool {
  readonly brokers: Readonly<Record<string, InnerBroker>>
  /** As last heard; null before that. */
  readonly metadata: { readonly clusterId: string | null } | null
  readonly rootLogger: unknown
  readonly connectionPoolBuilder: { build(to?: Partial<BrokerAddress>): Promise<ConnectionPool> }
  findConnectedBroker(): Promise<InnerBroker>
  createBroker(options: { readonly connectionPool: ConnectionPool; readonly logger: unknown }): InnerBroker
}

/** Longest throttling by a broker that a request waits out before its deadline begins, ms. */
const MAX_THROTTLE_MS = 30_000

/**
 * Sees to it that every connection made from now on is opened once, and that every request on it ends in time.
 *
 * @param clocks.wallMs epoch ms, by which kafkajs notes until when a broker throttles it
 */
export function guardConnections(
  { connectionPoolBuilder }: Pick<InnerBrokerPool, 'connectionPoolBuilder'>,
  clocks: { readonly wallMs: () => number },
): void {
  const build = connectionPoolBuilder.build.bind(connectionPoolBuilder)
  connectionPoolBuilder.build = async (to) => {
    const pool = await build(to)
    shareConnecting(pool)
    for (const connection of pool.pool) boundRequests(connection, clocks)
    return pool
  }
}

/** Two requests that find no connection would each open a socket, and one of the two would be forgotten, open. */
function shareConnecting(pool: ConnectionPool): void {
  const getConnection = pool.getConnection.bind(pool)
  const underWay = new Map<number, Promise<Connection>>()
  pool.getConnection = (index = 0) => {
    const known = underWay.get(index)
    if (known !== undefined) return known
    const opened = getConnection(index).finally(() => underWay.delete(index))
    underWay.set(index, opened)
    return opened
  }
}

/**
 * kafkajs times requests by the wall clock: one that is set back by an hour makes them wait for an hour. And it takes a
 * wait below its default for the default. So the time is ours, by a timer; kafkajs's own stays as a second net.
 */
function boundRequests(connection: Connection, { wallMs }: { readonly wallMs: () => number }): void {
  const send = connection.send.bind(connection)
  const queue = connection.requestQueue
  connection.send = (request) => {
    const deadlineMs = request.deadlineMs ?? Math.max(queue.requestTimeout, request.requestTimeout ?? 0)
    const throttledMs = Math.min(MAX_THROTTLE_MS, Math.max(0, queue.throttledUntil - wallMs()))
    const { socket } = connection
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const name = request.request.apiName ?? 'request'
        reject(new KafkaJSRequestTimeoutError(`${name} was not answered within ${Math.round(deadlineMs)} ms`))
        // By the wall clock too.
        queue.throttledUntil = -1
        connection.abandon(socket)
      }, deadlineMs + throttledMs)
      send(request)
        .finally(() => clearTimeout(timer))
        .then(resolve, reject)
    })
  }
}

/** Brokers over connections that nobody else uses: Kafka answers in order, so a request waits for those before it. */
export interface OwnBrokers {
  /** Connects, or finds what is connected. @throws the client's own errors */
  connect(to: BrokerAddress): Promise<InnerBroker>
  /** Lets go of all connections but those to one broker. */
  keepOnly(to: BrokerAddress): void
  disconnect(): Promise<void>
}

/**
 * Creates a set of no brokers.
 *
 * @param options.requestTimeoutMs longest wait of a request that does not say its own, ms; kafkajs's when not given
 */
export function createOwnBrokers(
  brokerPool: InnerBrokerPool,
  options: { readonly requestTimeoutMs?: number },
): OwnBrokers {
  const brokers = new Map<string, Promise<InnerBroker>>()

  async function create(to: BrokerAddress): Promise<InnerBroker> {
    const connectionPool = await brokerPool.connectionPoolBuilder.build({ host: to.host, port: to.port })
    for (const { requestQueue } of connectionPool.pool) {
      requestQueue.requestTimeout = options.requestTimeoutMs ?? requestQueue.requestTimeout
    }
    return brokerPool.createBroker({ connectionPool, logger: brokerPool.rootLogger })
  }
  async function leave(key: string): Promise<void> {
    const left = brokers.get(key)
    brokers.delete(key)
    await left?.then((broker) => broker.disconnect()).catch(() => undefined)
  }

  return {
    async connect(to) {
      const key = toKey(to)
      const created = brokers.get(key) ?? create(to)
      brokers.set(key, created)
      try {
        const broker = await created
        await broker.connect()
        return broker
      } catch (error) {
        // A socket that is open while its broker's versions are unknown would be of no use ever after.
        if (brokers.get(key) === created) void leave(key)
        throw error
      }
    },
    keepOnly(to) {
      for (const key of brokers.keys()) if (key !== toKey(to)) void leave(key)
    },
    async disconnect() {
      await Promise.all([...brokers.keys()].map(leave))
    },
  }
}

function toKey({ host, port }: BrokerAddress): string {
  return `${host}:${port}`
}
