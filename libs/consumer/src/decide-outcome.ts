import { assertNever, errorCodeOf, PipelineError } from '@murmuration/errors'
import type { Outcome } from './outcome.ts'
import { dueAt, type RetryPlan } from './retry-plan.ts'

/** What `decideOutcome` knows of a try that failed. */
export interface FailedTry {
  readonly plan: RetryPlan
  /** Failures before this one, over all owners. */
  readonly failures: number
  /** Whether the record stands in the retry topic. */
  readonly parked: boolean
  readonly nowMs: number
  /** Epoch ms of the record's first failure; of this one when it is the first. */
  readonly firstFailedAtMs: number
  /** 0 to 1, random. */
  readonly jitter: number
}

/**
 * Decides what becomes of a record whose decoding or handling failed. Pure.
 *
 * An error outside the taxonomy is retried within the plan, like `retry`. Under a plan that stops, nothing is set
 * aside: what would be a dead letter or quarantine stops the consumer in front of the record.
 */
export function decideOutcome(error: unknown, tried: FailedTry): Outcome {
  const disposition = error instanceof PipelineError ? error.disposition : 'retry'
  const stops = tried.plan.whenSpent === 'stop'
  switch (disposition) {
    case 'retry':
      return decideRetry(error, tried)
    case 'dead-letter':
      return stops ? { kind: 'stop', error } : { kind: 'dead-letter', reason: errorCodeOf(error) }
    case 'quarantine':
      return stops ? { kind: 'stop', error } : { kind: 'quarantine', reason: errorCodeOf(error) }
    case 'wait':
      return { kind: 'wait', dependency: errorCodeOf(error) }
    case 'stop':
      return { kind: 'stop', error }
    default:
      return assertNever(disposition)
  }
}

function decideRetry(error: unknown, tried: FailedTry): Outcome {
  const { plan, nowMs, firstFailedAtMs, jitter } = tried
  const retryAfterMs = retryAfterOf(error)
  const quickMs = tried.parked ? undefined : plan.quickDelaysMs[tried.failures]
  if (quickMs !== undefined && (retryAfterMs ?? 0) <= quickMs) return { kind: 'again', dueAtMs: nowMs + quickMs }
  const spent = nowMs - firstFailedAtMs >= plan.budgetMs
  if (spent && plan.whenSpent === 'stop') return { kind: 'stop', error }
  if (spent && plan.whenSpent === 'dead-letter') return { kind: 'dead-letter', reason: errorCodeOf(error) }
  const dueAtMs = dueAt(plan, { nowMs, firstFailedAtMs, retryAfterMs, jitter })
  if (plan.whenSpent === 'stop') return { kind: 'again', dueAtMs }
  return { kind: 'retry', dueAtMs, reason: errorCodeOf(error) }
}

/** Longest time that a sink may ask for, ms: a record of which we hear nothing for longer counts as forgotten. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000

/** Whole ms; undefined where the error names none that makes sense. */
function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('retryAfterMs' in error)) return undefined
  const { retryAfterMs } = error
  if (typeof retryAfterMs !== 'number' || !(retryAfterMs >= 0)) return undefined
  return Math.ceil(Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS))
}
