import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Headers } from './headers.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { Lanes } from './lanes.ts'
import type { Delivery, KafkaRecord, PartitionSource } from './partition-source.ts'

/** Above this many buffered records a partition is paused, below half of it it is read again. */
const MAX_BUFFERED = 500

/** What the source needs. */
export interface KafkaPartitionSourceOptions {
  readonly kafka: Kafka
  /** Group and topics as the cluster knows them. */
  readonly groupId: string
  readonly topics: readonly string[]
  /** How long a silent member keeps its partitions, ms. */
  readonly sessionTimeoutMs: number
}

/**
 * Joins the group and starts reading, from the beginning where nothing was committed.
 *
 * `eachBatch` only buffers and returns, since a batch that blocks stops the other partitions and the heartbeat too.
 * @throws {KafkaUnavailableError} @throws {KafkaRefusedError} the first connection failed
 */
export async function createKafkaPartitionSource(options: KafkaPartitionSourceOptions): Promise<PartitionSource> {
  const consumer = options.kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: Math.floor(options.sessionTimeoutMs / 6),
    rebalanceTimeout: options.sessionTimeoutMs * 3,
    // A paused partition that is resumed waits for the poll under way to end.
    maxWaitTimeInMs: 250,
    allowAutoTopicCreation: false,
  })
  const source = createSource(consumer)
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: async (payload) => source.buffer(payload),
    })
  } catch (error) {
    await consumer.disconnect().catch(() => undefined)
    throw classifyKafkaError(error)
  }
  return source
}

function createSource(consumer: Consumer): PartitionSource & { buffer(payload: EachBatchPayload): void } {
  let lanes = new Lanes(0)
  let stopped = false
  let failure: Error | undefined
  let problem: string | undefined = 'has not joined its group yet'
  let waiting: PromiseWithResolvers<Delivery | undefined>[] = []

  function renew(): void {
    lanes.abort()
    lanes = new Lanes(lanes.epoch + 1)
  }
  function take(): Delivery | undefined {
    const taken = lanes.take()
    if (taken === undefined) return undefined
    const { topic, partition } = taken.delivery.record
    if (taken.left === MAX_BUFFERED / 2) consumer.resume([{ topic, partitions: [partition] }])
    return taken.delivery
  }
  function dispatch(): void {
    while (waiting.length > 0 && !stopped) {
      const delivery = take()
      if (delivery === undefined) return
      waiting.shift()?.resolve(delivery)
    }
  }
  function end(error?: Error): void {
    stopped = true
    failure = error
    for (const { resolve, reject } of waiting) error === undefined ? resolve(undefined) : reject(error)
    waiting = []
  }

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    problem = undefined
    renew()
    // Pauses outlive a rebalance inside the client; buffers do not.
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) consumer.resume([{ topic, partitions }])
  })
  consumer.on(consumer.events.REBALANCING, () => {
    problem = 'is rebalancing'
    renew()
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    problem = `lost its group: ${payload.error.message}`
    renew()
    if (!payload.restart) end(classifyKafkaError(payload.error))
  })

  return {
    buffer({ batch, pause }) {
      const records = batch.messages.map((message) => toRecord(batch, message))
      const { topic, partition } = batch
      if (lanes.add({ topic, partition, records, highWatermark: BigInt(batch.highWatermark) }) > MAX_BUFFERED) pause()
      dispatch()
    },
    next() {
      if (failure !== undefined) return Promise.reject(failure)
      const delivery = stopped ? undefined : take()
      if (stopped || delivery !== undefined) return Promise.resolve(delivery)
      const waiter = Promise.withResolvers<Delivery | undefined>()
      waiting.push(waiter)
      return waiter.promise
    },
    done(delivery) {
      if (delivery.epoch !== lanes.epoch) return
      lanes.done(delivery.record)
      dispatch()
    },
    uncommitted: () => ({ epoch: lanes.epoch, positions: lanes.uncommitted() }),
    async commit({ epoch, positions }) {
      if (positions.length === 0 || epoch !== lanes.epoch) return
      try {
        await consumer.commitOffsets(positions.map((position) => ({ ...position, offset: String(position.offset) })))
      } catch (error) {
        throw classifyKafkaError(error)
      }
      if (epoch === lanes.epoch) lanes.committed(positions)
    },
    lag: () => lanes.lag(),
    problem: () => failure?.message ?? problem,
    stop: () => end(failure),
    close: async () => {
      end(failure)
      lanes.abort()
      await consumer.disconnect()
    },
  }
}

function toRecord(
  batch: EachBatchPayload['batch'],
  message: EachBatchPayload['batch']['messages'][number],
): KafkaRecord {
  return {
    topic: batch.topic,
    partition: batch.partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers),
    timestampMs: Number(message.timestamp),
  }
}

function toHeaders(headers: EachBatchPayload['batch']['messages'][number]['headers']): Headers {
  const flat: Record<string, Buffer | string> = {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined) flat[name] = last
  }
  return flat
}
