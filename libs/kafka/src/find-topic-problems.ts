import type { Kafka } from 'kafkajs'
import { classifyKafkaError, kafkaErrorOf } from './kafka-errors.ts'

/**
 * Which of some topics can't be used at present, and why, as the cluster says it.
 *
 * Each is asked for by itself: one question about all of them is answered by an error that does not say which, and one
 * about every topic of the cluster by somebody else's problem.
 * @param kafka a client that does not retry: what the cluster says now is the answer
 * @throws {KafkaUnavailableError} the cluster does not answer
 */
export async function findTopicProblems(kafka: Kafka, topics: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const admin = kafka.admin()
  const problems = new Map<string, string>()
  try {
    await admin.connect()
    for (const topic of topics) {
      try {
        await admin.fetchTopicMetadata({ topics: [topic] })
      } catch (error) {
        const type = kafkaErrorOf(error)
        if (type === undefined) throw error
        problems.set(topic, type)
      }
    }
    return problems
  } catch (error) {
    throw classifyKafkaError(error)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
