import { errorLogFields } from '@murmuration/errors'
import { KafkaUnavailableError } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { Holding } from './holding.ts'

/**
 * Commits what is settled, once: outcomes first, and offsets after Kafka has acknowledged the outcomes. All partitions go
 * into one request, each with its retry partition and as of the same moment.
 *
 * Offsets are taken before the outcomes are sent, so that no offset is committed whose outcome is not in the topic.
 * An outage is counted and left for the next tick.
 * @returns whether there is nothing left to commit
 * @throws {KafkaRefusedError}
 */
export async function commitTick<E extends object>(holding: Holding, deps: ConsumerDeps<E>): Promise<boolean> {
  const { consumer, logger, metrics, outcomes, source } = deps
  const group = consumer.groupId
  const taken = holding.runners.flatMap((runner) => {
    const offsets = runner.commitable()
    return offsets === undefined ? [] : [{ runner, offsets }]
  })
  if (taken.length === 0 && outcomes.size() === 0) return true
  try {
    await outcomes.flush()
    if (taken.length === 0) return true
    const committed = await source.commit(
      taken.flatMap(({ offsets }) => offsets),
      holding.epoch,
    )
    metrics.count('murmuration_consumer_commits_total', { group, result: committed ? 'committed' : 'outdated' })
    if (committed) for (const { runner, offsets } of taken) runner.committed(offsets)
    return committed
  } catch (error) {
    metrics.count('murmuration_consumer_commits_total', { group, result: 'failed' })
    if (!(error instanceof KafkaUnavailableError)) throw error
    logger.warn('offsets could not be committed; they are tried again', errorLogFields(error))
    return false
  }
}
