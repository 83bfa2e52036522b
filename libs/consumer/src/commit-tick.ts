import { errorLogFields } from '@murmuration/errors'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { Holding } from './holding.ts'
import { isOutage } from './is-outage.ts'

/** `outdated`: the assignment is not the group's current one any more; `failed`: an outage, to be tried again. */
export type CommitEnd = 'nothing' | 'committed' | 'outdated' | 'failed'

/**
 * Commits what is settled, once: outcomes first, and offsets after Kafka has acknowledged the outcomes. All partitions go
 * into one request, each with its retry partition and as of the same moment.
 *
 * Offsets are taken before the outcomes are sent, so that no offset is committed whose outcome is not in the topic.
 * An outage is counted and left for the next tick.
 * @throws {KafkaRefusedError}
 */
export async function commitTick<E extends object>(holding: Holding, deps: ConsumerDeps<E>): Promise<CommitEnd> {
  const { consumer, logger, metrics, outcomes, source } = deps
  const group = consumer.groupId
  const taken = holding.runners.flatMap((runner) => {
    const offsets = runner.snapshot()
    return offsets === undefined ? [] : [{ runner, offsets }]
  })
  if (taken.length === 0 && outcomes.size() === 0) return 'nothing'
  try {
    await outcomes.flush()
    if (taken.length === 0) return 'nothing'
    const committed = await source.commit(
      taken.flatMap(({ offsets }) => offsets),
      holding.epoch,
    )
    const result = committed ? 'committed' : 'outdated'
    metrics.count('murmuration_consumer_commits_total', { group, result })
    if (committed) for (const { runner, offsets } of taken) runner.committed(offsets)
    return result
  } catch (error) {
    metrics.count('murmuration_consumer_commits_total', { group, result: 'failed' })
    if (!isOutage(error)) throw error
    logger.warn('offsets could not be committed; they are tried again', errorLogFields(error))
    return 'failed'
  }
}
