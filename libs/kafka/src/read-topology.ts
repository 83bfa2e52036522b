import kafkajs, { type Admin } from 'kafkajs'
import type { ActualTopic } from './plan-topology.ts'

/** Reads some topics as the cluster has them: partitions, copies, settings. Those that it does not have are left out. */
export async function readTopics(
  admin: Pick<Admin, 'listTopics' | 'fetchTopicMetadata' | 'describeConfigs'>,
  wanted: readonly string[],
): Promise<readonly ActualTopic[]> {
  const listed = new Set(await admin.listTopics())
  // Never ask for a topic that is not there: the client would ask for it ever after.
  const topics = wanted.filter((topic) => listed.has(topic))
  if (topics.length === 0) return []
  const metadata = await admin.fetchTopicMetadata({ topics })
  const settings = await readSettings(admin, topics)
  return metadata.topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.length,
    copies: [...new Set(partitions.map(({ replicas }) => replicas.length))].toSorted((a, b) => a - b),
    config: settings.get(name) ?? {},
  }))
}

/** Every setting of some topics that is in force, by topic and name. */
export async function readSettings(
  admin: Pick<Admin, 'describeConfigs'>,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ActualTopic['config']>> {
  // By way of the default export: Node finds no other name for these in the client's module.
  const { ConfigResourceTypes, ConfigSource } = kafkajs
  const resources = topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }))
  const answer = await admin.describeConfigs({ includeSynonyms: false, resources })
  return new Map(
    answer.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(
        configEntries.map((entry) => [
          entry.configName,
          { value: entry.configValue, inherited: entry.configSource !== ConfigSource.TOPIC_CONFIG },
        ]),
      ),
    ]),
  )
}
