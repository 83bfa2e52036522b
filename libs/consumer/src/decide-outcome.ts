import { assertNever, errorCodeOf, PipelineError } from '@murmuration/errors'
import type { Outcome } from './outcome.ts'
import { dueAt, type RetryPlan } from './retry-plan.ts'

/**
 * Decides what becomes of a record whose decoding or handling failed. Pure.
 *
 * An error outside the taxonomy is retried within the plan, like `retry`. Under a plan that stops, nothing is set
 * aside: what would be a dead letter or quarantine stops the consumer in front of the record.
 * @param input.attempt         1 is the first delivery
 * @param input.firstFailedAtMs epoch ms of the record's first failure
 * @param input.jitter          0 to 1, random
 */
export function decideOutcome(
  error: unknown,
  input: { attempt: number; plan: RetryPlan; nowMs: number; firstFailedAtMs: number; jitter: number },
): Outcome {
  const disposition = error instanceof PipelineError ? error.disposition : 'retry'
  const stops = input.plan.whenSpent === 'stop'
  switch (disposition) {
    case 'retry':
      if (input.attempt >= input.plan.maxAttempts) return stops ? stop(error) : deadLetter(error)
      return { kind: 'retry', dueAtMs: dueAt(input.plan, { ...input, retryAfterMs: retryAfterOf(error) }) }
    case 'dead-letter':
      return stops ? stop(error) : deadLetter(error)
    case 'quarantine':
      return stops ? stop(error) : { kind: 'quarantine', reason: errorCodeOf(error) }
    case 'wait':
      return { kind: 'wait', dependency: errorCodeOf(error) }
    case 'stop':
      return stop(error)
    default:
      return assertNever(disposition)
  }
}

function deadLetter(error: unknown): Outcome {
  return { kind: 'dead-letter', reason: errorCodeOf(error) }
}

function stop(error: unknown): Outcome {
  return { kind: 'stop', error }
}

function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('retryAfterMs' in error)) return undefined
  return typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined
}
