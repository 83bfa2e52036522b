import { createDecoder, createEncoder, createRegistry, type Decoder, type Registry } from '@murmuration/avro'
import { type ConfigOf, readConfig, toRegistryAccess } from '@murmuration/config'
import { PipelineError } from '@murmuration/errors'
import {
  createKafkaPublisher,
  createTopicNames,
  openTopicReader,
  type Publisher,
  type TopicNames,
  type TopicReader,
} from '@murmuration/kafka'
import { createMetrics, silentLogger } from '@murmuration/observability'
import { catalog, entryOfTopic, type Operation } from '@murmuration/schemas'
import { steeringSettings } from '../config.ts'

/** Longest wait for an acknowledgement, ms. */
const DEADLINE_MS = 15_000
/** More than one portion of steps never waits. */
const MAX_QUEUED_RECORDS = 1_000
const MAX_QUEUED_BYTES = 32 * 1_048_576

/** What the commands reach: Kafka to read from and to write to, and the registry. */
export interface Cluster {
  readonly names: TopicNames
  readonly reader: TopicReader
  /** Turns a value of a topic, as the catalog names it, into its event. @throws {PipelineError} see libs/avro */
  decode(topic: string, value: Buffer | null): Promise<unknown>
  /** Every operation that is kept, oldest first. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} @throws {PipelineError} of the registry */
  operations(): Promise<readonly Operation[]>
  /** Opens what writes operations and moved records. @throws {SchemaNotRegisteredError} @throws {RegistryUnavailableError} */
  openPublisher(): Promise<Publisher>
  close(): Promise<void>
}

/** Names as the settings have them. @throws {ConfigInvalidError} */
export function readSteering(env: Readonly<Record<string, string | undefined>>) {
  const config = readConfig(steeringSettings, env)
  return { config, access: toRegistryAccess(config), names: createTopicNames(config.KAFKA_TOPIC_PREFIX) }
}

/** Connects. @param topics as the cluster knows them @throws {TopicMismatchError} @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
export async function openCluster(
  { config, access, names }: ReturnType<typeof readSteering>,
  topics: readonly string[],
): Promise<Cluster> {
  const operations = names.topic(catalog.operation.topic)
  const connection = { brokers: config.KAFKA_BROKERS, clientId: 'murmur', logger: silentLogger }
  const reader = await openTopicReader(connection, [...topics, operations])
  const registry = createRegistry({ ...access, logger: silentLogger })
  const decoder = createDecoder(registry)
  const open = new AsyncDisposableStack()
  open.defer(() => reader.close())
  return {
    names,
    reader,
    decode: async (topic, value) => decoder.decode(recordOf(topic), value),
    operations: () => readOperations(reader, operations, decoder),
    async openPublisher() {
      const publisher = await createPublisher({ connection, registry, names, config })
      open.defer(() => publisher.close())
      return publisher
    },
    close: () => open.disposeAsync(),
  }
}

async function createPublisher(parts: {
  readonly connection: Parameters<typeof createKafkaPublisher>[0]['connection']
  readonly registry: Registry
  readonly names: TopicNames
  readonly config: ConfigOf<typeof steeringSettings>
}): Promise<Publisher> {
  const { connection, registry, names, config } = parts
  return createKafkaPublisher({
    connection,
    encoder: await createEncoder(registry, { records: ['operation'], topicPrefix: config.KAFKA_TOPIC_PREFIX }),
    names,
    metrics: createMetrics({ process: 'omit' }),
    deadlineMs: DEADLINE_MS,
    maxQueuedRecords: MAX_QUEUED_RECORDS,
    maxQueuedBytes: MAX_QUEUED_BYTES,
    nowMs: () => performance.now(),
  })
}

async function readOperations(reader: TopicReader, topic: string, decoder: Decoder): Promise<readonly Operation[]> {
  const operations: Operation[] = []
  for (const range of await reader.held(topic)) {
    await reader.read(range, async (records) => {
      for (const { value } of records) operations.push(...(await readOperation(decoder, value)))
    })
  }
  return operations
}

/** None where nobody can decode it: it is no operation of ours. */
async function readOperation(decoder: Decoder, value: Buffer | null): Promise<readonly Operation[]> {
  try {
    return [(await decoder.decode('operation', value)) as Operation]
  } catch (error) {
    if (error instanceof PipelineError && error.disposition === 'quarantine') return []
    throw error
  }
}

/** @throws {TypeError} the catalog has no such topic */
function recordOf(topic: string) {
  const entry = entryOfTopic(topic)
  if (entry === undefined) throw new TypeError(`${topic} is not a topic of the catalog`)
  return entry.record
}
