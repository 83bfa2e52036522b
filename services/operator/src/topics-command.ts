import { readConfig } from '@murmuration/config'
import { applyTopology, createKafka, createTopicNames, toTopology } from '@murmuration/kafka'
import { silentLogger } from '@murmuration/observability'
import type { Command } from './command.ts'
import { topicSettings } from './config.ts'

/** `murmur topics apply`: creates the topics that the catalog asks for. */
export const applyTopics: Command = {
  usage: `murmur topics apply [--json]

Creates every topic of the catalog that is missing, with its retry and dead-letter topics.
Deletes nothing; refuses when an existing topic has another partition count.

Environment: ${Object.keys(topicSettings).join(', ')}`,
  async run({ env }) {
    const config = readConfig(topicSettings, env)
    const topology = toTopology(createTopicNames(config.KAFKA_TOPIC_PREFIX), {
      replicationFactor: config.TOPIC_REPLICATION_FACTOR,
      minInsyncReplicas: config.TOPIC_MIN_INSYNC_REPLICAS,
    })
    const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: 'murmur', logger: silentLogger })
    const applied = await applyTopology(kafka, topology)
    const created = applied.created.map((topic) => `created ${topic}`)
    const text = [...created, `${applied.created.length} created, ${applied.existing.length} existed`].join('\n')
    return { text, json: applied }
  },
}
