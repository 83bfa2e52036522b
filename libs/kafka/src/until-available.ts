import { setTimeout as sleep } from 'node:timers/promises'
import { errorLogFields, PipelineError } from '@murmuration/errors'
import type { Logger } from '@murmuration/observability'

/** Between two attempts while a dependency is down at start, ms. */
const RETRY_MS = 1_000

/**
 * Repeats a step of the start while what it depends on is down, saying so each time.
 *
 * @throws every error whose disposition is not `wait`
 */
export async function untilAvailable<T>(step: () => Promise<T>, logger: Logger): Promise<T> {
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof PipelineError) || error.disposition !== 'wait') throw error
      logger.warn('waiting for a dependency', errorLogFields(error))
      await sleep(RETRY_MS)
    }
  }
}
