import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readTopic, type TopicRecord } from '../load/read-topic.ts'
import { type AnsweredLoad, createAcceptanceVerifier, findAcceptanceProblems } from '../load/verify-accepted.ts'
import type { KafkaCluster } from './kafka-cluster.ts'

/** A cluster that has just been broken may need so long before every partition can be read, ms. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 300

/**
 * Reads a whole topic, however often it takes: elections and loading coordinators interrupt a reader.
 *
 * @param start makes what collects the records; once per try, so that nothing is counted twice
 */
export async function readWhole<T extends { add(record: TopicRecord): void }>(
  cluster: Pick<KafkaCluster, 'kafka'>,
  topic: string,
  start: () => T,
): Promise<T> {
  const untilMs = performance.now() + PATIENCE_MS
  for (;;) {
    const collector = start()
    try {
      await readTopic(cluster.kafka, { topic, groupId: `${topic}.${randomUUID()}`, onRecord: collector.add })
      return collector
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(PAUSE_MS)
    }
  }
}

/** What is wrong with a topic, given how the loads were answered; empty when all is well. */
export async function findTopicProblems(
  cluster: Pick<KafkaCluster, 'kafka'>,
  topic: string,
  loads: readonly AnsweredLoad[],
): Promise<readonly string[]> {
  const verifier = await readWhole(cluster, topic, () => createAcceptanceVerifier(loads))
  return findAcceptanceProblems(verifier.finish()).map((text) => `${topic}: ${text}`)
}
