import { randomUUID } from 'node:crypto'
import { createDecoder, createRegistry, pushSchemas } from '@murmuration/avro'
import {
  defaultRetryPlan,
  type HandleResult,
  type HandlerContext,
  type RetryPlan,
  type RunningConsumer,
  startConsumer,
} from '@murmuration/consumer'
import { type Disposition, type ErrorCode, PipelineError } from '@murmuration/errors'
import {
  applyTopology,
  createKafka,
  createTopicNames,
  openKafkaLink,
  type TopicNames,
  tailTopics,
  toTopology,
} from '@murmuration/kafka'
import { createMetrics, type Metrics, silentLogger } from '@murmuration/observability'
import { catalog, loadExample, type Message, type OutcomeEntry, type PartitionOutcomes } from '@murmuration/schemas'
import { inject } from 'vitest'
import { readTopic, type TopicRecord } from '../load/read-topic.ts'

/** The group that the pages play; its topics are in the catalog. */
export const group = 'crm-sync.postgres'
/** The topic that the pages read: messages, keyed by contact. */
export const { topic } = catalog.message

/** A consumer's part in a page: what it does with a contact's message. */
export type Play = (contact: string, text: string, context: HandlerContext) => Promise<HandleResult | undefined>

/** A page's own topics on the shared Kafka, one partition each, so that offsets count 0, 1, 2. */
export interface Stage {
  readonly brokers: string
  readonly registryUrl: string
  readonly names: TopicNames
  /** What consumers have told of offsets in `pipeline.outcomes.v1` so far, in order. */
  readonly outcomes: readonly OutcomeEntry[]
  /** Writes messages of a contact, one after the other, each acknowledged. */
  say(contact: string, ...texts: readonly string[]): Promise<void>
  /** Runs a consumer; it is closed with the stage. */
  consume(play: Play, plan?: Partial<RetryPlan>): Promise<RunningConsumer & { readonly metrics: Metrics }>
  /** An operator's word about the parked message of a contact: a record in the retry topic. */
  command(headers: Readonly<Record<string, string>>, contact: string): Promise<void>
  /** Every record that a topic, as the cluster knows it, holds now. */
  read(topicName: string): Promise<readonly TopicRecord[]>
  decode(record: TopicRecord): Promise<Message>
  close(): Promise<void>
}

/** Quick enough to watch: no quick retries in memory, a parked record is tried every 0.2 to 1 s. */
const shortPlan: RetryPlan = { ...defaultRetryPlan, quickDelaysMs: [], minDelayMs: 200, maxDelayMs: 1_000 }

/** What a sink throws. Its disposition, not its message, says what becomes of the record. */
export class SinkError extends PipelineError {
  readonly code: ErrorCode
  readonly disposition: Disposition

  constructor(disposition: 'retry' | 'dead-letter' | 'wait') {
    super(`the sink says ${disposition}`)
    this.disposition = disposition
    const codes = {
      retry: 'MUR_DATABASE_CONFLICT',
      'dead-letter': 'MUR_DATABASE_REFUSED',
      wait: 'MUR_DATABASE_UNAVAILABLE',
    } as const
    this.code = codes[disposition]
  }
}

/** Creates the topics, registers the schemas, and opens the curtain. */
export async function openStage(): Promise<Stage> {
  const [brokers, registryUrl] = [inject('kafkaBrokers'), inject('registryUrl')]
  const prefix = `tour-${randomUUID().slice(0, 8)}.`
  const names = createTopicNames(prefix)
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'tour', logger: silentLogger })
  const registry = { url: registryUrl, timeoutMs: 5_000 }
  const cleanup = new AsyncDisposableStack()

  const overrides = Object.fromEntries(Object.values(catalog).map((entry) => [entry.topic, { partitions: 1 }]))
  const topology = toTopology(names, { replicationFactor: 1, minInsyncReplicas: 1, overrides })
  // The group's retry and dead-letter topics for what no page reads.
  const others = [catalog['message-status'], catalog.conversation].map((entry) => `${names.topic(entry.topic)}.`)
  await applyTopology(
    kafka,
    topology.filter((spec) => !others.some((start) => spec.topic.startsWith(start))),
  )
  await pushSchemas({ ...registry, topicPrefix: prefix })
  const link = await openKafkaLink({
    brokers: brokers.split(','),
    clientId: 'tour-0',
    topicPrefix: prefix,
    registry,
    writes: ['message', 'partition-outcomes', 'quarantined-record'],
    publishDeadlineMs: 10_000,
    maxQueuedRecords: 1_000,
    logger: silentLogger,
    metrics: createMetrics({ process: 'omit' }),
  })
  cleanup.defer(() => link.close())
  const outcomes: OutcomeEntry[] = []
  const tail = await tailTopics({
    kafka,
    decoder: createDecoder(createRegistry(registry)),
    names,
    topics: [catalog['partition-outcomes'].topic],
    from: 'beginning',
    onRecord: ({ event }) => outcomes.push(...(event as PartitionOutcomes).entries),
  })
  cleanup.defer(() => tail.close())

  return {
    brokers,
    registryUrl,
    names,
    outcomes,
    async say(contact, ...texts) {
      for (const text of texts) {
        const event = { ...loadExample('message'), eventId: `${contact} ${text}`, contactKey: contact, text }
        await link.publisher.publish([{ kind: 'event', record: 'message', key: contact, event }])
      }
    },
    async consume(play, plan = {}) {
      const metrics = createMetrics({ process: 'omit' })
      const consumer = await startConsumer<Message>(link, {
        groupId: group,
        handler: 'tour',
        records: ['message'],
        handleEvent: async ({ contactKey, text }, context) =>
          (await play(contactKey, text ?? '', context)) ?? { kind: 'done' },
        plan: { ...shortPlan, ...plan },
        concurrency: 8,
        clientId: 'tour-0',
        logger: silentLogger,
        metrics,
      })
      cleanup.defer(() => consumer.close())
      return { ...consumer, metrics }
    },
    async command(headers, contact) {
      const place = { kind: 'moved', topic: names.retry(topic, group), partition: 0 } as const
      await link.publisher.publish([{ ...place, key: Buffer.from(contact), value: null, headers }])
    },
    async read(topicName) {
      const records: TopicRecord[] = []
      const groupId = `${topicName}.${randomUUID()}`
      await readTopic(kafka, { topic: topicName, groupId, onRecord: (record) => records.push(record) })
      return records
    },
    decode: async ({ value }) => (await link.decode(topic, value)) as Message,
    close: () => cleanup.disposeAsync(),
  }
}
