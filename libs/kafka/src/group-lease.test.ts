import { describe, expect, it } from 'vitest'
import { createGroupLease } from './group-lease.ts'

const SESSION_MS = 10_000

function given() {
  let nowMs = 1_000
  let asleepMs = 0
  const lease = createGroupLease({
    sessionTimeoutMs: SESSION_MS,
    nowMs: () => nowMs,
    bootMs: () => 77_000 + nowMs + asleepMs,
  })
  return {
    lease,
    pass(ms: number) {
      nowMs += ms
    },
    suspend(ms: number) {
      asleepMs += ms
    },
    leftMs: () => lease.untilMs() - nowMs,
  }
}

describe('createGroupLease', () => {
  it('runs from when a heartbeat was sent, and only if it was heard', () => {
    const { lease, pass } = given()
    const heartbeat = lease.begin()
    pass(400)
    expect(lease.untilMs()).toBe(0)
    heartbeat.heard()
    expect(lease.untilMs()).toBe(1_000 + SESSION_MS)
    lease.end()
    expect(lease.untilMs()).toBe(0)
  })

  it('says for how long a heartbeat waits, until it is over', () => {
    const { lease, pass } = given()
    const heartbeat = lease.begin()
    pass(400)
    expect(lease.waitingMs()).toBe(400)
    heartbeat.over()
    expect(lease.waitingMs()).toBe(0)
  })

  it('is shorter by a suspension after the heartbeat, and whole again with the next one', () => {
    const { lease, pass, suspend, leftMs } = given()
    lease.begin().heard()
    suspend(4_000)
    pass(10)
    expect(leftMs()).toBe(SESSION_MS - 4_010)
    lease.begin().heard()
    expect(leftMs()).toBe(SESSION_MS)
  })

  it('does not take the coarse ticks of the other clock for a suspension', () => {
    const { lease, pass, suspend, leftMs } = given()
    lease.begin().heard()
    suspend(10)
    pass(10)
    expect(leftMs()).toBe(SESSION_MS - 10)
  })
})
