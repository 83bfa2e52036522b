import { catalog, groupsOf, type RecordName, recordNames, type TopicEntry, writersOf } from './catalog.ts'
import { loadExample, loadSchema } from './load-schema.ts'
import { personalFieldsOf } from './personal-fields.ts'

type Json = Readonly<Record<string, unknown>>

const DESCRIPTION = `Events of Bird.com AI Employees as Kafka topics: one Avro record per topic, in Confluent's wire format.

The document is written from the pipeline's side: it sends to the topics and its own consumers receive. Your
application receives, by the same channels. Partitions and retention are the defaults; an environment may set others,
and may put a prefix before every topic, subject and group.

In the schemas, \`values\` lists what an open set holds today (more may come), \`personal\` marks personal data.
docs/how-to-consume.md tells the rest: order, duplicates, erasures, evolution.`

/**
 * The AsyncAPI 3.0 document of all topics, as JSON text. Pure but for the schema and example files.
 *
 * Avro needs no dialect of its own there: payloads are the schemas themselves, examples the decoded values with bytes
 * given as text.
 */
export function generateAsyncApi(): string {
  return `${JSON.stringify(toDocument(), null, 2)}\n`
}

function toDocument(): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Murmuration',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/vnd.apache.avro',
    servers: { kafka: kafkaServer },
    channels: byRecord(toChannel),
    operations: Object.fromEntries(recordNames.flatMap(toOperations)),
    components: { messages: byRecord(toMessage) },
  }
}

const kafkaServer: Json = {
  host: '{bootstrapServer}',
  protocol: 'kafka',
  description:
    'The cluster of the deployment. `npm start` writes the addresses of a local one to .murmuration/run.json.',
  variables: {
    bootstrapServer: { description: 'Host and port of a broker.', default: 'localhost:9092' },
  },
  bindings: {
    kafka: { schemaRegistryVendor: 'confluent', bindingVersion: '0.5.0' },
  },
}

function toChannel(record: RecordName): Json {
  const entry: TopicEntry = catalog[record]
  return {
    address: entry.topic,
    title: entry.topic,
    description: loadSchema(record).doc,
    messages: { [record]: { $ref: `#/components/messages/${record}` } },
    servers: [{ $ref: '#/servers/kafka' }],
    bindings: {
      kafka: {
        topic: entry.topic,
        partitions: entry.partitions,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': entry.retentionMs },
        bindingVersion: '0.5.0',
      },
    },
    'x-owner': entry.owner,
    'x-written-by': writersOf(record),
    'x-subscribers': entry.subscribers,
    'x-key': entry.key,
    'x-personal-fields': personalFieldsOf(record),
  }
}

function toMessage(record: RecordName): Json {
  const schema = loadSchema(record)
  return {
    name: schema.name,
    title: schema.name,
    summary: schema.doc,
    contentType: 'application/vnd.apache.avro',
    payload: { schemaFormat: 'application/vnd.apache.avro+json;version=1.9.0', schema },
    bindings: {
      kafka: {
        ...(catalog[record].key === 'none' ? {} : { key: { type: 'string', description: catalog[record].key } }),
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: 'confluent',
        schemaLookupStrategy: 'TopicNameStrategy',
        bindingVersion: '0.5.0',
      },
    },
    examples: [{ name: record, payload: loadExample(record) }],
  }
}

/** What its writers send, and what each consumer group of ours receives. */
function toOperations(record: RecordName): (readonly [string, Json])[] {
  const target = {
    channel: { $ref: `#/channels/${record}` },
    messages: [{ $ref: `#/channels/${record}/messages/${record}` }],
  }
  return [
    ...writersOf(record).map(
      (writer) =>
        [`${writer}.send.${record}`, { action: 'send', summary: `Written by ${writer}.`, ...target }] as const,
    ),
    ...groupsOf(record).map(({ id }) => [`${id}.receive.${record}`, toReceive(id, target)] as const),
  ]
}

function toReceive(group: string, target: Json): Json {
  return {
    action: 'receive',
    summary: `Read by the group ${group}.`,
    ...target,
    bindings: { kafka: { groupId: { type: 'string', enum: [group] }, bindingVersion: '0.5.0' } },
  }
}

function byRecord(toValue: (record: RecordName) => Json): Json {
  return Object.fromEntries(recordNames.map((record) => [record, toValue(record)]))
}
