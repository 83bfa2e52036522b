import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultRetryPlan, dueAt, type RetryPlan } from './retry-plan.ts'

const plans = fc
  .record({ minDelayMs: fc.integer({ min: 1, max: 10_000 }), factor: fc.integer({ min: 1, max: 1_000 }) })
  .map(
    ({ minDelayMs, factor }): RetryPlan => ({
      ...defaultRetryPlan,
      minDelayMs,
      maxDelayMs: minDelayMs * factor,
      whenSpent: 'dead-letter',
    }),
  )
const times = fc.record({
  nowMs: fc.integer({ min: 1_000_000_000_000, max: 2_000_000_000_000 }),
  sinceMs: fc.integer({ min: 0, max: 100_000_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
})

describe('dueAt', () => {
  it('lies between the bounds of the plan, give or take ten percent', () => {
    fc.assert(
      fc.property(plans, times, (plan, { nowMs, sinceMs, jitter }) => {
        const due = dueAt(plan, { nowMs, firstFailedAtMs: nowMs - sinceMs, retryAfterMs: undefined, jitter })
        expect(due - nowMs).toBeGreaterThanOrEqual(Math.floor(plan.minDelayMs * 0.9))
        expect(due - nowMs).toBeLessThanOrEqual(Math.ceil(plan.maxDelayMs * 1.1))
      }),
    )
  })

  it('is never before the time that the sink named', () => {
    fc.assert(
      fc.property(plans, times, fc.nat(10_000_000), (plan, { nowMs, sinceMs, jitter }, retryAfterMs) => {
        const due = dueAt(plan, { nowMs, firstFailedAtMs: nowMs - sinceMs, retryAfterMs, jitter })
        expect(due).toBeGreaterThanOrEqual(nowMs + retryAfterMs)
      }),
    )
  })

  it('doubles the time since the first failure each time, without a counter', () => {
    const delays: number[] = []
    let nowMs = 0
    for (let failures = 1; failures < 10; failures += 1) {
      const due = dueAt(defaultRetryPlan, { nowMs, firstFailedAtMs: 0, retryAfterMs: undefined, jitter: 0.5 })
      delays.push((due - nowMs) / 1_000)
      nowMs = due
    }
    expect(delays).toEqual([10, 10, 20, 40, 80, 160, 320, 600, 600])
  })

  it('waits at least the minimum when the clock was set back', () => {
    const input = { nowMs: 1_000, firstFailedAtMs: 50_000, retryAfterMs: undefined, jitter: 0.5 }
    expect(dueAt(defaultRetryPlan, input)).toBe(11_000)
  })
})
