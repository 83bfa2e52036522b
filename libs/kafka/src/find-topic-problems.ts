import type { Admin } from 'kafkajs'
import { classifyKafkaError, kafkaErrorOf } from './kafka-errors.ts'

/**
 * Which of some topics can't be used at present, and why, as the cluster says it.
 *
 * All are asked for together; when that is refused, each by itself, since the answer does not say which it is. Never
 * about every topic of the cluster: that would be answered by somebody else's problem.
 * @param admin connected, of a client that does not retry: what the cluster says now is the answer
 * @throws {KafkaUnavailableError} the cluster does not answer
 */
export async function findTopicProblems(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const problem = await askFor(admin, topics)
  if (problem === undefined) return new Map()
  const problems = new Map<string, string>()
  for (const topic of topics) {
    const own = await askFor(admin, [topic])
    if (own !== undefined) problems.set(topic, own)
  }
  return problems
}

/** The cluster's own name of the problem; undefined when there is none. */
async function askFor(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly string[],
): Promise<string | undefined> {
  try {
    await admin.fetchTopicMetadata({ topics: [...topics] })
    return undefined
  } catch (error) {
    const problem = kafkaErrorOf(error)
    if (problem === undefined) throw classifyKafkaError(error)
    return problem
  }
}
