/** How often and how long a failing record is tried. */
export interface RetryPlan {
  /** Delays of the quick retries, ms: in memory, before the record is parked. Its key waits meanwhile. */
  readonly quickDelaysMs: readonly number[]
  /** Shortest and longest delay between two tries of a parked record, ms. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** Time since the first failure after which it is given up, ms. */
  readonly budgetMs: number
  /**
   * What happens then. `dead-letter` releases the key: records behind it are applied without it. `park` never gives up:
   * an operator retries, releases or discards it. `stop` ends the consumer in front of it; such a consumer has no retry
   * topic, and retries in memory.
   */
  readonly whenSpent: 'dead-letter' | 'park' | 'stop'
}

/** A second and a half of quick retries, then parked, tried every ten seconds to ten minutes for a day. */
export const defaultRetryPlan: RetryPlan = {
  quickDelaysMs: [100, 400, 1_000],
  minDelayMs: 10_000,
  maxDelayMs: 10 * 60_000,
  budgetMs: 24 * 60 * 60_000,
  whenSpent: 'dead-letter',
}

/** In memory for half a minute, then stop: for a consumer that may leave nothing out. */
export const stoppingPlan: RetryPlan = {
  quickDelaysMs: [],
  minDelayMs: 100,
  maxDelayMs: 10_000,
  budgetMs: 30_000,
  whenSpent: 'stop',
}

/**
 * When the next try may start, epoch ms.
 *
 * The delay is the time since the first failure within the plan's bounds, which doubles it each time without a
 * counter; jitter is ten percent to both sides, but never early for a sink that named a time itself.
 * @param input.jitter 0 to 1, random
 */
export function dueAt(
  plan: RetryPlan,
  input: { nowMs: number; firstFailedAtMs: number; retryAfterMs: number | undefined; jitter: number },
): number {
  const since = input.nowMs - input.firstFailedAtMs
  const delay = Math.min(Math.max(since, plan.minDelayMs), plan.maxDelayMs)
  const jittered = Math.round(delay * (0.9 + 0.2 * input.jitter))
  return input.nowMs + Math.max(jittered, input.retryAfterMs ?? 0)
}
