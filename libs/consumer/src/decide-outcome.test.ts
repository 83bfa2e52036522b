import { type ErrorCode, errorCodes } from '@murmuration/errors'
import { describe, expect, it } from 'vitest'
import { decideOutcome, type FailedTry } from './decide-outcome.ts'
import type { RetryPlan } from './retry-plan.ts'
import { ChosenError } from './testing/errors.ts'

const PLAN: RetryPlan = {
  quickDelaysMs: [100, 400],
  minDelayMs: 10_000,
  maxDelayMs: 60_000,
  budgetMs: 3_600_000,
  whenSpent: 'dead-letter',
}
const PARKING: RetryPlan = { ...PLAN, whenSpent: 'park' }
const STOPPING: RetryPlan = { ...PLAN, quickDelaysMs: [], whenSpent: 'stop' }
const NOW_MS = 1_767_225_600_000

/** A try that failed after two quick retries, where not said otherwise. */
function decide(error: unknown, input: Partial<FailedTry> & { sinceMs?: number } = {}) {
  const { sinceMs = 500, ...rest } = input
  const firstFailedAtMs = NOW_MS - sinceMs
  return decideOutcome(error, {
    plan: PLAN,
    failures: 2,
    parked: false,
    nowMs: NOW_MS,
    firstFailedAtMs,
    jitter: 0.5,
    ...rest,
  })
}

const failed = new ChosenError('MUR_OUTBOUND_FAILED')
const RETRY = { kind: 'retry', dueAtMs: NOW_MS + 10_000, reason: 'MUR_OUTBOUND_FAILED' }

describe('decideOutcome', () => {
  it.each([
    // code, under a plan that sets aside, under a plan that stops
    ['MUR_OUTBOUND_FAILED', RETRY, { kind: 'again' }],
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

  it('tries again in memory first, as often as the plan says, and not once it is parked', () => {
    expect(decide(failed, { failures: 0 })).toEqual({ kind: 'again', dueAtMs: NOW_MS + 100 })
    expect(decide(failed, { failures: 1 })).toEqual({ kind: 'again', dueAtMs: NOW_MS + 400 })
    expect(decide(failed, { failures: 2 })).toEqual(RETRY)
    expect(decide(failed, { failures: 0, parked: true })).toEqual(RETRY)
  })

  it('parks at once where the sink names a later time than the quick retry would have', () => {
    const limited = new ChosenError('MUR_OUTBOUND_FAILED', { retryAfterMs: 60_000 })
    expect(decide(limited, { failures: 0 })).toEqual({ ...RETRY, dueAtMs: NOW_MS + 60_000 })
    expect(decide(Object.assign(new Error('odd'), { retryAfterMs: '60' })).kind).toBe('retry')
  })

  it.each([
    ['a fraction', 60_000.2, 60_001],
    ['no number', Number.NaN, 10_000],
    ['the past', -5, 10_000],
    ['for ever', Number.POSITIVE_INFINITY, 24 * 3_600_000],
  ])('makes whole milliseconds, of a day at most, of a sink that names %s', (_, retryAfterMs, waitMs) => {
    const limited = new ChosenError('MUR_OUTBOUND_FAILED', { retryAfterMs })
    expect(decide(limited)).toEqual({ ...RETRY, dueAtMs: NOW_MS + waitMs })
  })

  it('sets aside when the budget since the first failure is spent, never gives up where it parks, and else stops', () => {
    const spent = { sinceMs: 3_600_000, parked: true }
    expect(decide(failed, spent)).toEqual({ kind: 'dead-letter', reason: 'MUR_OUTBOUND_FAILED' })
    expect(decide(failed, { ...spent, plan: PARKING })).toEqual({ ...RETRY, dueAtMs: NOW_MS + 60_000 })
    expect(decide(failed, { ...spent, plan: STOPPING })).toEqual({ kind: 'stop', error: failed })
  })

  it('never spends the budget on an outage, however long it lasts', () => {
    expect(decide(new ChosenError('MUR_DATABASE_UNAVAILABLE'), { sinceMs: 1e9 }).kind).toBe('wait')
  })

  it('retries an error outside the taxonomy within the plan, then sets it aside as unclassified', () => {
    for (const thrown of [new TypeError('defect'), 'text', null, undefined]) {
      expect(decide(thrown)).toEqual({ ...RETRY, reason: 'MUR_UNCLASSIFIED' })
      expect(decide(thrown, { sinceMs: 3_600_000 })).toEqual({ kind: 'dead-letter', reason: 'MUR_UNCLASSIFIED' })
    }
  })
})
