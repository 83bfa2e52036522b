/** How often and how long a failing record is tried. */
export interface RetryPlan {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number
  /** Shortest and longest delay between two attempts, ms. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** When the attempts are spent: set the record aside, or stop in front of it. */
  readonly whenSpent: 'dead-letter' | 'stop'
}

/** About half a minute in all: retries happen in place and hold the partition. */
export const defaultRetryPlan: RetryPlan = {
  maxAttempts: 8,
  minDelayMs: 100,
  maxDelayMs: 10_000,
  whenSpent: 'dead-letter',
}

/**
 * When the next attempt may start, epoch ms.
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
