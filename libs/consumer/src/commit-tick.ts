import { errorLogFields } from '@murmuration/errors'
import { KafkaUnavailableError } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'

/**
 * Commits what is settled, once: outcomes first, and offsets after Kafka has acknowledged the outcomes.
 *
 * Positions are taken before the outcomes are sent, so that no offset is committed whose outcome is not in the topic.
 * An outage is counted and left for the next tick. @throws {KafkaRefusedError}
 */
export async function commitTick<E extends object>(deps: ConsumerDeps<E>): Promise<void> {
  const { consumer, logger, metrics, names, outcomes, source } = deps
  const group = consumer.groupId
  for (const [topic, lag] of source.lag()) {
    metrics.set('murmuration_consumer_lag_records', { group, topic: names.unprefixed(topic) }, lag)
  }
  const uncommitted = source.uncommitted()
  if (uncommitted.positions.length === 0 && outcomes.size() === 0) return
  try {
    await outcomes.flush()
    await source.commit(uncommitted)
    metrics.count('murmuration_consumer_commits_total', { group, result: 'committed' })
  } catch (error) {
    metrics.count('murmuration_consumer_commits_total', { group, result: 'failed' })
    if (!(error instanceof KafkaUnavailableError)) throw error
    logger.warn('offsets could not be committed; they are tried again', errorLogFields(error))
  }
}
