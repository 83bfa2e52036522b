import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startEventLoopGuard } from './event-loop-guard.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A guard whose loop the test blocks: time passes, and nothing runs meanwhile. */
function given() {
  let blockedMs = 0
  const guard = startEventLoopGuard({ limitMs: 200, nowMs: () => performance.now() + blockedMs })
  return {
    guard,
    block: (ms: number) => {
      blockedMs += ms
      vi.advanceTimersByTime(50)
    },
  }
}

describe('startEventLoopGuard', () => {
  it('has no objection while the loop is in time, or late by less than the limit', () => {
    const { guard, block } = given()
    expect(guard.problem()).toBeUndefined()
    block(200)
    expect(guard.lateMs()).toBe(200)
    expect(guard.problem()).toBeUndefined()
    guard.close()
  })

  it('objects when the loop is late by more, says by how much, and stops when it has caught up', () => {
    const { guard, block } = given()
    block(1_234)
    expect(guard.problem()).toBe('the event loop is 1234 ms late')
    vi.advanceTimersByTime(50)
    expect(guard.problem()).toBeUndefined()
    guard.close()
  })
})
