import { describe, expect, it } from 'vitest'
import { afterAnswer, afterNoAnswer, afterOutage, closedBreaker, mayStart } from './breaker.ts'

const DEPENDENCY = 'MUR_DATABASE_UNAVAILABLE'

describe('the breaker', () => {
  it('lets nothing start after an outage until it is time for a probe, and then one call', () => {
    const open = afterOutage(closedBreaker, { dependency: DEPENDENCY, nowMs: 0 })
    expect(mayStart(open, 499).start).toBe(false)
    const probing = mayStart(open, 500)
    expect(probing.start).toBe(true)
    expect(mayStart(probing.breaker, 10_000).start).toBe(false)
  })

  it('leaves the dependency alone for twice as long after each failed probe, and at most five seconds', () => {
    let breaker = afterOutage(closedBreaker, { dependency: DEPENDENCY, nowMs: 0 })
    const delays: number[] = []
    for (let probe = 0; probe < 6; probe += 1) {
      delays.push(breaker.kind === 'open' ? breaker.delayMs : 0)
      breaker = afterOutage(mayStart(breaker, 1e9).breaker, { dependency: DEPENDENCY, nowMs: 0 })
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000])
  })

  it('closes by the answer to its probe, not by one to a call that began before the outage', () => {
    const open = afterOutage(closedBreaker, { dependency: DEPENDENCY, nowMs: 0 })
    expect(afterAnswer(open)).toBe(open)
    expect(afterAnswer(mayStart(open, 500).breaker)).toEqual(closedBreaker)
  })

  it('takes the outages of calls that were under way for one', () => {
    const open = afterOutage(closedBreaker, { dependency: DEPENDENCY, nowMs: 0 })
    expect(afterOutage(open, { dependency: DEPENDENCY, nowMs: 400 })).toBe(open)
  })

  it('probes again when its probe was lost with its partition, or never asked', () => {
    const open = afterOutage(closedBreaker, { dependency: DEPENDENCY, nowMs: 0 })
    const probing = mayStart(open, 500).breaker
    expect(mayStart(afterNoAnswer(probing, 600), 1_099).start).toBe(false)
    expect(mayStart(afterNoAnswer(probing, 600), 1_100).start).toBe(true)
    expect(afterNoAnswer(closedBreaker, 0)).toBe(closedBreaker)
  })
})
