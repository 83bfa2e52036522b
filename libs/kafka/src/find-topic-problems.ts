import kafkajs, { type Admin, type ITopicMetadata } from 'kafkajs'
import { classifyKafkaError, kafkaErrorOf } from './kafka-errors.ts'

/** How many copies of each topic's partitions must be in sync for a write, by topic; absent: not known. */
export type MinInsyncReplicas = ReadonlyMap<string, number>

/**
 * Which of some topics can't be written at present, and why, in the cluster's own words.
 *
 * All are asked for together; when that is refused, each by itself, since the answer does not say which it is. Never
 * about every topic of the cluster: that would be answered by somebody else's problem.
 * @param admin connected, of a client that does not retry: what the cluster says now is the answer
 * @param minInsync may be on its way, and does not reject
 * @throws {KafkaUnavailableError} the cluster does not answer
 */
export async function findTopicProblems(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly string[],
  minInsync: MinInsyncReplicas | Promise<MinInsyncReplicas> = new Map(),
): Promise<ReadonlyMap<string, string>> {
  const answer = await askFor(admin, topics)
  const problems = new Map<string, string>()
  if (typeof answer !== 'string') {
    const wanted = await minInsync
    for (const topic of answer) if (lacksReplicas(topic, wanted)) problems.set(topic.name, 'NOT_ENOUGH_REPLICAS')
    return problems
  }
  for (const topic of topics) {
    const own = await askFor(admin, [topic])
    if (typeof own === 'string') problems.set(topic, own)
  }
  return problems
}

/**
 * Reads how many copies the topics ask for. Empty where we may not: it is an extra, for which an ACL is not worth asking.
 */
export async function fetchMinInsync(
  admin: Pick<Admin, 'describeConfigs'>,
  topics: readonly string[],
): Promise<MinInsyncReplicas> {
  try {
    const resources = topics.map((name) => ({
      // By way of the default export: Node finds no other name for it in the client's module.
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['min.insync.replicas'],
    }))
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources })
    return new Map(
      answer.resources.flatMap(({ resourceName, configEntries }) =>
        configEntries.map(({ configValue }) => [resourceName, Number(configValue)] as const),
      ),
    )
  } catch {
    return new Map()
  }
}

function lacksReplicas(topic: ITopicMetadata, minInsync: MinInsyncReplicas): boolean {
  const wanted = minInsync.get(topic.name) ?? 0
  // A cluster asks for no more copies than there are.
  return topic.partitions.some(({ isr, replicas }) => isr.length < Math.min(wanted, replicas.length))
}

/** The topics, or the cluster's own name of the problem. */
async function askFor(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly string[],
): Promise<readonly ITopicMetadata[] | string> {
  try {
    return (await admin.fetchTopicMetadata({ topics: [...topics] })).topics
  } catch (error) {
    const problem = kafkaErrorOf(error)
    if (problem === undefined) throw classifyKafkaError(error)
    return problem
  }
}
