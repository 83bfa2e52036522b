import { type ErrorCode, errorCodes } from '@murmuration/errors'
import { describe, expect, it } from 'vitest'
import { decideOutcome } from './decide-outcome.ts'
import type { RetryPlan } from './retry-plan.ts'
import { ChosenError } from './testing/errors.ts'

const PLAN: RetryPlan = { maxAttempts: 3, minDelayMs: 100, maxDelayMs: 1_000, whenSpent: 'dead-letter' }
const STOPPING: RetryPlan = { ...PLAN, whenSpent: 'stop' }
const NOW_MS = 1_767_225_600_000

function decide(error: unknown, input: { attempt?: number; plan?: RetryPlan } = {}) {
  const { attempt = 1, plan = PLAN } = input
  return decideOutcome(error, { attempt, plan, nowMs: NOW_MS, firstFailedAtMs: NOW_MS, jitter: 0.5 })
}

const RETRY = { kind: 'retry', dueAtMs: NOW_MS + 100 }

describe('decideOutcome', () => {
  it.each([
    // code, under a plan that sets aside, under a plan that stops
    ['MUR_OUTBOUND_FAILED', RETRY, RETRY],
    ['MUR_DATABASE_REFUSED', { kind: 'dead-letter', reason: 'MUR_DATABASE_REFUSED' }, { kind: 'stop' }],
    ['MUR_RECORD_CORRUPT', { kind: 'quarantine', reason: 'MUR_RECORD_CORRUPT' }, { kind: 'stop' }],
    ['MUR_KAFKA_UNAVAILABLE', { kind: 'wait', dependency: 'MUR_KAFKA_UNAVAILABLE' }, { kind: 'wait' }],
    ['MUR_KAFKA_REFUSED', { kind: 'stop' }, { kind: 'stop' }],
  ] as const)('decides %s by its disposition', (code, aside, stopping) => {
    const error = new ChosenError(code)
    expect(decide(error)).toMatchObject(aside)
    expect(decide(error, { plan: STOPPING })).toMatchObject(stopping)
  })

  it('decides every code of the table', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      expect(decide(new ChosenError(code)).kind).toBe(errorCodes[code].disposition)
    }
  })

  it('retries until the attempts of the plan are spent, and then sets aside', () => {
    const error = new ChosenError('MUR_OUTBOUND_FAILED')
    expect(decide(error, { attempt: 2 }).kind).toBe('retry')
    expect(decide(error, { attempt: 3 })).toEqual({ kind: 'dead-letter', reason: 'MUR_OUTBOUND_FAILED' })
    expect(decide(error, { attempt: 4 }).kind).toBe('dead-letter')
  })

  it('retries until the attempts are spent, and then stops with the error, where nothing may be set aside', () => {
    const error = new ChosenError('MUR_OUTBOUND_FAILED')
    expect(decide(error, { attempt: 2, plan: STOPPING }).kind).toBe('retry')
    expect(decide(error, { attempt: 3, plan: STOPPING })).toEqual({ kind: 'stop', error })
  })

  it('never spends the plan on an outage, however long it lasts', () => {
    expect(decide(new ChosenError('MUR_DATABASE_UNAVAILABLE'), { attempt: 1_000 }).kind).toBe('wait')
  })

  it('retries an error outside the taxonomy within the plan, then sets it aside as unclassified', () => {
    for (const thrown of [new TypeError('defect'), 'text', null, undefined]) {
      expect(decide(thrown)).toEqual(RETRY)
      expect(decide(thrown, { attempt: 3 })).toEqual({ kind: 'dead-letter', reason: 'MUR_UNCLASSIFIED' })
    }
  })

  it('waits as long as the sink asked for', () => {
    expect(decide(new ChosenError('MUR_OUTBOUND_FAILED', { retryAfterMs: 60_000 }))).toEqual({
      kind: 'retry',
      dueAtMs: NOW_MS + 60_000,
    })
    expect(decide(Object.assign(new Error('odd'), { retryAfterMs: '60' }))).toEqual(RETRY)
  })
})
