import { KafkaJSProtocolError } from 'kafkajs'
import type { TopicPartition } from '../group-source.ts'
import { kafkaErrorOf } from '../kafka-errors.ts'
import { toKey } from '../partition-key.ts'
import type { ProducerId } from '../producer-epoch.ts'
import type { BatchAnswer, PartitionBatch, ProducerSession } from '../producer-session.ts'

/** What becomes of a batch, other than that it is written. */
export type BatchFault =
  /** It never reaches its broker. */
  | 'lost'
  /** It is written, and the answer is lost. */
  | 'unanswered'
  /** It reaches its broker after what comes later, by `deliverLate`. */
  | 'late'
  /** An answer of Kafka; written or not, as the name says. */
  | { readonly error: string; readonly written?: boolean }

/** A cluster as a producer sees it, with Kafka's rules for producer ids, epochs and sequence numbers. */
export interface FakeBrokers {
  /** What lies in a partition, in order. */
  log(at: TopicPartition): readonly string[]
  /** Values of each request, in order; one list per request. */
  readonly requests: string[][]
  /** Epochs under which there were requests, and producer ids. */
  readonly epochs: number[]
  readonly ids: string[]
  /** Sessions that were opened and destroyed. */
  readonly sessions: { opened: number; destroyed: number; refreshed: number }
  /** What becomes of the next batches; after them, all is well. */
  faults: ((batch: PartitionBatch) => BatchFault | undefined) | undefined
  /** An error of the next attempts to connect, by Kafka's name; 'away' for none. */
  readonly prepareFaults: string[]
  pauses: number[]
  setPartitions(topic: string, count: number): void
  deliverLate(): void
  open(): ProducerSession
}

/** How many batches Kafka remembers of a producer. */
const REMEMBERED = 5

interface ProducerState {
  readonly epoch: number
  /** The last ones, the latest at the end. */
  readonly batches: readonly { readonly first: number; readonly last: number; readonly offset: number }[]
}

export interface FakeBrokersOptions {
  /** Partitions by topic. */
  readonly topics: Readonly<Record<string, number>>
  /** A batch with a longer value is too large. */
  readonly maxValueLength?: number
  /** A batch of more records is too large. */
  readonly maxRecords?: number
}

/** Kafka's own name of an answer, as its client throws it. */
export function kafkaError(type: string): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: true }))
}

/** Creates an empty cluster. */
export function createFakeBrokers(options: FakeBrokersOptions): FakeBrokers {
  const topics = new Map(Object.entries(options.topics))
  const logs = new Map<string, string[]>()
  const producers = new Map<string, ProducerState>()
  const late: (() => void)[] = []
  let ids = 0

  function write(batch: PartitionBatch, as: ProducerId): BatchAnswer {
    const log = logs.get(toKey(batch)) ?? []
    logs.set(toKey(batch), log)
    const values = batch.messages.map(({ value }) => String(value))
    const { maxValueLength = 1_000, maxRecords = 1_000 } = options
    if (values.length > maxRecords || values.some((value) => value.length > maxValueLength)) {
      return { error: kafkaError('MESSAGE_TOO_LARGE') }
    }
    const producer = `${as.producerId} ${toKey(batch)}`
    const state = producers.get(producer)
    const last = batch.firstSequence + values.length - 1
    if (state !== undefined) {
      if (as.epoch < state.epoch) return { error: kafkaError('INVALID_PRODUCER_EPOCH') }
      const isNewEpoch = as.epoch > state.epoch
      const known = state.batches.find((one) => one.first === batch.firstSequence && one.last === last)
      if (!isNewEpoch && known !== undefined) return { baseOffset: known.offset }
      const expected = isNewEpoch ? 0 : (state.batches.at(-1)?.last ?? -1) + 1
      if (batch.firstSequence !== expected) return { error: kafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER') }
    }
    const offset = log.length
    log.push(...values)
    const earlier = state?.epoch === as.epoch ? state.batches : []
    const batches = [...earlier, { first: batch.firstSequence, last, offset }].slice(-REMEMBERED)
    producers.set(producer, { epoch: as.epoch, batches })
    return { baseOffset: offset }
  }

  function answer(batch: PartitionBatch, as: ProducerId): BatchAnswer {
    const fault = cluster.faults?.(batch)
    if (fault === undefined) return write(batch, as)
    if (fault === 'unanswered') write(batch, as)
    if (fault === 'late') late.push(() => void write(batch, as))
    if (typeof fault === 'string') return { error: new Error('the connection was closed') }
    if (fault.written === true) write(batch, as)
    return { error: kafkaError(fault.error) }
  }

  function open(): ProducerSession {
    cluster.sessions.opened += 1
    const known = new Map<string, number>()
    let isBroken = false
    let isFresh = true
    const learn = (asked: readonly string[]) => {
      const fault = cluster.prepareFaults.shift()
      if (fault !== undefined) throw fault === 'away' ? new Error('connect ECONNREFUSED') : kafkaError(fault)
      for (const topic of asked) {
        const count = topics.get(topic)
        if (count === undefined) throw kafkaError('UNKNOWN_TOPIC_OR_PARTITION')
        known.set(topic, count)
      }
    }
    return {
      warm: () => undefined,
      prepare: async (asked) => learn(asked.filter((topic) => !known.has(topic))),
      refresh: async () => {
        cluster.sessions.refreshed += 1
        learn([...known.keys()])
        isFresh = true
      },
      isFresh: () => {
        const was = isFresh
        isFresh = false
        return was
      },
      partitions: (topic) =>
        Array.from({ length: known.get(topic) ?? 0 }, (_, partitionId) => ({ partitionId, leader: 1 })),
      clusterId: () => 'fake',
      requestId: async () => {
        ids += 1
        return { clusterId: 'fake', producerId: String(ids), epoch: 0 }
      },
      produce: async (batches, as) => {
        if (isBroken) return { answers: batches.map(() => ({ error: new Error('the session is over') })), pauseMs: 0 }
        cluster.requests.push(batches.flatMap(({ messages }) => messages.map(({ value }) => String(value))))
        cluster.epochs.push(as.epoch)
        cluster.ids.push(as.producerId)
        const answers = batches.map((batch) => answer(batch, as))
        // A connection that broke is of no use any more.
        if (answers.some((one) => 'error' in one && kafkaErrorOf(one.error) === undefined)) isBroken = true
        return { answers, pauseMs: cluster.pauses.shift() ?? 0 }
      },
      destroy: () => {
        isBroken = true
        cluster.sessions.destroyed += 1
      },
      close: async () => undefined,
    }
  }

  const cluster: FakeBrokers = {
    log: (at) => logs.get(toKey(at)) ?? [],
    requests: [],
    epochs: [],
    ids: [],
    sessions: { opened: 0, destroyed: 0, refreshed: 0 },
    faults: undefined,
    prepareFaults: [],
    pauses: [],
    setPartitions: (topic, count) => void topics.set(topic, count),
    deliverLate: () => {
      for (const arrive of late.splice(0)) arrive()
    },
    open,
  }
  return cluster
}
