import { describe, expect, it } from 'vitest'
import { createRateLimiter, RateLimitedError } from './rate-limit.ts'

/** A limiter under a clock that the test moves; `take` says for how many ms it refuses, 0 when it does not. */
function given() {
  let nowMs = 1_000
  const limiter = createRateLimiter(() => nowMs)
  return {
    wait: (ms: number) => {
      nowMs += ms
    },
    take: (name: string, rate: { readonly perSecond: number; readonly burst: number } | undefined) => {
      try {
        limiter.take({ name, rate })
        return 0
      } catch (error) {
        if (error instanceof RateLimitedError) return error.retryAfterMs
        throw error
      }
    },
  }
}

const rate = { perSecond: 10, burst: 3 }

describe('createRateLimiter', () => {
  it('lets a burst through, then one for each interval, and says when there is room again', () => {
    const { take, wait } = given()
    expect([take('a', rate), take('a', rate), take('a', rate), take('a', rate)]).toEqual([0, 0, 0, 100])
    wait(60)
    expect(take('a', rate)).toBe(40)
    wait(40)
    expect([take('a', rate), take('a', rate)]).toEqual([0, 100])
  })

  it('lets no more than the rate through over a minute, however it is asked', () => {
    const { take, wait } = given()
    let taken = 0
    for (let ms = 0; ms < 60_000; ms += 7) {
      if (take('a', rate) === 0) taken += 1
      wait(7)
    }
    expect(taken).toBeGreaterThan(590)
    expect(taken).toBeLessThanOrEqual(603)
  })

  it('saves up no more than the burst', () => {
    const { take, wait } = given()
    take('a', rate)
    wait(3_600_000)
    expect([1, 2, 3, 4].map(() => take('a', rate))).toEqual([0, 0, 0, 100])
  })

  it('keeps sources apart, and limits none that has no limit', () => {
    const { take } = given()
    for (const _ of [1, 2, 3]) take('a', rate)
    expect([take('a', rate), take('b', rate)]).toEqual([100, 0])
    expect(Array.from({ length: 1_000 }, () => take('c', undefined)).every((ms) => ms === 0)).toBe(true)
  })

  it('takes over a changed limit at once', () => {
    const { take } = given()
    for (const _ of [1, 2, 3]) take('a', rate)
    expect(take('a', { perSecond: 1, burst: 1 })).toBe(1_000)
  })
})
