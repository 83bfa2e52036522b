import { KafkaJSProtocolError, KafkaJSRequestTimeoutError } from 'kafkajs'
import type { KafkajsCluster } from '../kafkajs-insides.ts'
import type { BrokerHandle, RequestName } from '../kafkajs-requests.ts'

/** A request that was sent. */
export interface SentRequest {
  readonly name: RequestName
  readonly input: Readonly<Record<string, unknown>>
}

/** A cluster whose answers a test decides. */
export interface FakeKafkajs {
  readonly cluster: KafkajsCluster
  readonly sent: readonly SentRequest[]
  /** How often the coordinator was looked for. */
  searches(): number
  /** The next requests of that name fail, each with Kafka's error of that name; `hang`: no answer, until the request's time is over. */
  fail(name: RequestName, ...errors: readonly string[]): void
  /** What requests of that name get from now on. */
  answer(name: RequestName, answer: (input: SentRequest['input']) => unknown): void
  setPartitions(topic: string, partitions: number, leader?: number): void
  /** -1: the partition has none. */
  setLeader(of: { readonly topic: string; readonly partition: number }, leader: number): void
}

/** Longest wait for an answer where a request does not say its own, ms. */
const REQUEST_TIMEOUT_MS = 5_000

/** Kafka's error of that name, as the client throws it. */
export function protocolError(type: string): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: false }))
}

/** Creates a cluster with one broker, whose group has one member and knows no others. */
export function createFakeKafkajs(partitionCounts: Readonly<Record<string, number>>): FakeKafkajs {
  const topics = new Map(Object.entries(partitionCounts).map(([topic, count]) => [topic, toPartitions(count, 1)]))
  const failures = new Map<RequestName, string[]>()
  const sent: SentRequest[] = []
  let searches = 0
  let generationId = 0
  const answers = new Map<RequestName, (input: SentRequest['input']) => unknown>([
    ['DescribeGroups', () => ({ groups: [{ state: 'Stable', members: [] }] })],
    [
      'JoinGroup',
      ({ memberId, groupInstanceId }) => {
        generationId += 1
        const id = memberId === '' ? `${groupInstanceId}-${generationId}` : memberId
        return { memberId: id, leaderId: id, generationId, members: [{ memberId: id, groupInstanceId }] }
      },
    ],
    [
      'SyncGroup',
      ({ groupAssignment }) => {
        const [first] = groupAssignment as { readonly memberAssignment: Buffer }[]
        return { memberAssignment: first?.memberAssignment ?? Buffer.alloc(0) }
      },
    ],
  ])
  const broker: BrokerHandle = {
    async send(name, input, { timeoutMs = REQUEST_TIMEOUT_MS } = {}) {
      const request = { name, input: input as SentRequest['input'] }
      sent.push(request)
      const failure = failures.get(name)?.shift()
      if (failure !== undefined && failure !== 'hang') throw protocolError(failure)
      const answer = failure === 'hang' ? new Promise(() => undefined) : answers.get(name)?.(request.input)
      return inTime(answer, { name, timeoutMs })
    },
  }
  return {
    sent,
    searches: () => searches,
    fail: (name, ...errors) => void failures.set(name, [...(failures.get(name) ?? []), ...errors]),
    answer: (name, answer) => void answers.set(name, answer),
    setLeader: ({ topic, partition }, leader) => {
      const changed = topics
        .get(topic)
        ?.map((known) => (known.partitionId === partition ? { ...known, leader } : known))
      topics.set(topic, changed ?? [])
    },
    setPartitions: (topic, partitions, leader = 1) => void topics.set(topic, toPartitions(partitions, leader)),
    cluster: {
      connect: async () => undefined,
      disconnect: async () => undefined,
      refreshMetadata: async () => undefined,
      refreshMetadataIfNecessary: async () => undefined,
      partitions: (topic) => topics.get(topic) ?? [],
      addTopics: async () => undefined,
      clusterId: async () => 'fake',
      knownClusterId: () => 'fake',
      findCoordinator: async () => {
        searches += 1
        return broker
      },
      findBroker: async () => broker,
      addressOf: () => undefined,
      findAnyBroker: async () => broker,
      listOffsets: async (asked) =>
        asked.map(({ topic, partitions, fromBeginning }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({ partition, offset: fromBeginning ? '40' : '50' })),
        })),
    },
  }
}

function inTime(answer: unknown, { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number }) {
  if (!(answer instanceof Promise)) return answer
  return new Promise((resolve, reject) => {
    const timeOut = () => reject(new KafkaJSRequestTimeoutError(`${name} was not answered within ${timeoutMs} ms`))
    const timer = setTimeout(timeOut, timeoutMs)
    answer.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}

function toPartitions(count: number, leader: number) {
  return Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader }))
}
