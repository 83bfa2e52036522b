import { pushSchemas } from '@murmuration/avro'
import { applyTopology, createKafka, createTopicNames, openKafkaLink } from '@murmuration/kafka'
import { createMetrics, silentLogger } from '@murmuration/observability'
import { catalog } from '@murmuration/schemas'
import { exampleOf } from '../../libs/avro/src/testing/examples.ts'
import { keyAt, type Scenario } from './consumer-scenario.ts'

/** Records in one call of the publisher. */
const CHUNK = 500

/** Topics of the race: one backlog for each number of keys and records, a retry topic and a DLQ for each group of ours. */
export interface RaceTopics {
  /** Writes the backlog of a scenario unless one like it is there; @returns its topic. */
  backlogOf(scenario: Scenario): Promise<string>
  /** What a new group of ours needs beside the backlog. */
  prepareGroup(scenario: Scenario, groupId: string): Promise<void>
}

export function createRaceTopics(servers: { readonly brokers: string; readonly registryUrl: string }): RaceTopics {
  const brokers = servers.brokers.split(',')
  const registry = { url: servers.registryUrl, timeoutMs: 5_000 }
  const kafka = createKafka({ brokers, clientId: 'bench', logger: silentLogger })
  const written = new Set<string>()

  function namesOf({ keys, records }: Scenario) {
    return createTopicNames(`bench.${keys}-keys.${records}.`)
  }
  async function create(topics: readonly string[]): Promise<void> {
    await applyTopology(
      kafka,
      topics.map((topic) => ({ topic, partitions: 1, replicationFactor: 1, config: {} })),
    )
  }

  return {
    async backlogOf(scenario) {
      const names = namesOf(scenario)
      const topic = names.topic(catalog.message.topic)
      if (written.has(topic)) return topic
      const records = ['message', 'partition-outcomes', 'quarantined-record'] as const
      await create(records.map((record) => names.topic(catalog[record].topic)))
      await pushSchemas({ ...registry, topicPrefix: names.prefix })
      await writeBacklog(scenario, { brokers, registry, topicPrefix: names.prefix })
      await checkBacklog(kafka, { topic, records: scenario.records })
      written.add(topic)
      return topic
    },
    async prepareGroup(scenario, groupId) {
      const names = namesOf(scenario)
      const { topic } = catalog.message
      await create([names.retry(topic, groupId), names.deadLetter(topic, groupId)])
    },
  }
}

/** Writes messages as the ingress does; the key of each follows from its place. */
async function writeBacklog(
  scenario: Scenario,
  input: Pick<Parameters<typeof openKafkaLink>[0], 'brokers' | 'registry' | 'topicPrefix'>,
): Promise<void> {
  const link = await openKafkaLink({
    ...input,
    clientId: 'bench-writer',
    writes: ['message'],
    publishDeadlineMs: 30_000,
    maxQueuedRecords: 2 * CHUNK,
    logger: silentLogger,
    metrics: createMetrics({ process: 'omit' }),
  })
  const example = exampleOf('message')
  try {
    for (let from = 0; from < scenario.records; from += CHUNK) {
      const count = Math.min(CHUNK, scenario.records - from)
      const messages = Array.from({ length: count }, (_, index) => {
        const key = keyAt(from + index, scenario)
        const event = { ...example, eventId: `bench-${from + index}`, contactKey: key }
        return { kind: 'event', record: 'message', key, event } as const
      })
      await link.publisher.publish(messages)
    }
  } finally {
    await link.close()
  }
}

/** A request that was sent twice would shift every record behind it. */
async function checkBacklog(
  kafka: ReturnType<typeof createKafka>,
  backlog: { readonly topic: string; readonly records: number },
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const [bounds] = await admin.fetchTopicOffsets(backlog.topic).finally(() => admin.disconnect())
  if (Number(bounds?.high) !== backlog.records)
    throw new Error(`${backlog.topic} holds ${bounds?.high} records instead of ${backlog.records}; run it again`)
}
