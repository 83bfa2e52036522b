import { errorLogFields } from '@murmuration/errors'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { Holding } from './holding.ts'

/**
 * Deletes what is settled at the front of the retry partitions, as far as it is committed. Best effort: what stays is
 * deleted later, and costs disk only.
 */
export async function trimRetryTopics<E extends object>(
  { runners }: Holding,
  { source, logger }: ConsumerDeps<E>,
): Promise<void> {
  const below = runners.flatMap((runner) => runner.trimmable() ?? [])
  if (below.length === 0) return
  try {
    await source.trim(below)
    for (const { topic, partition, offset } of below) {
      runners.find(({ retry }) => retry?.topic === topic && retry.partition === partition)?.trimmed(offset)
    }
  } catch (error) {
    logger.warn('retry topics could not be trimmed; it is tried again', errorLogFields(error))
  }
}
