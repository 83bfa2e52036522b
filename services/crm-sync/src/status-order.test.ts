import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareStatuses, statusRank } from './status-order.ts'
import { compareVersions } from './version.ts'

const STATUSES = [
  'accepted',
  'processing',
  'sent',
  'delivered',
  'read',
  'sending_failed',
  'delivery_failed',
  'never-heard-of',
] as const

type Report = Parameters<typeof compareStatuses>[0]

/** An id with its content says one thing only: `uniqueArray` below keeps it so. */
const reports = fc.record<Report>({
  status: fc.constantFrom(...STATUSES),
  occurredAt: fc.integer({ min: 0, max: 3 }),
  eventId: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6'),
  contentHash: fc.constantFrom('a', 'b'),
})

function report(status: string, occurredAt = 0): Report {
  return { status, occurredAt, eventId: `e-${status}`, contentHash: 'a' }
}

/** What a sink shows after these reports, in this order. */
function shown(arrivals: readonly Report[]): Report | undefined {
  return arrivals.reduce<Report | undefined>(
    (current, next) => (current === undefined || compareStatuses(next, current) > 0 ? next : current),
    undefined,
  )
}

describe('compareStatuses', () => {
  it('ranks the life of a message: accepted, processing, sent, delivered, read', () => {
    const life = ['accepted', 'processing', 'sent', 'delivered', 'read'].map(statusRank)
    expect(life).toEqual(life.toSorted((a, b) => a - b))
    expect(new Set(life).size).toBe(5)
  })

  it('never moves back, however late the lower status was reported', () => {
    expect(shown([report('delivered', 1), report('sent', 9)])?.status).toBe('delivered')
    expect(shown([report('read', 1), report('delivered', 9)])?.status).toBe('read')
  })

  it.each(['sending_failed', 'delivery_failed'])(
    'lets %s win over every other status, before and after it',
    (failure) => {
      for (const other of ['accepted', 'processing', 'sent', 'delivered', 'read', 'never-heard-of']) {
        expect(shown([report(failure, 1), report(other, 9)])?.status).toBe(failure)
        expect(shown([report(other, 9), report(failure, 1)])?.status).toBe(failure)
      }
    },
  )

  it('shows the later of two failures', () => {
    expect(shown([report('delivery_failed', 1), report('sending_failed', 2)])?.status).toBe('sending_failed')
  })

  it('shows an unknown status only while nothing better is known', () => {
    expect(shown([report('never-heard-of', 9)])?.status).toBe('never-heard-of')
    expect(shown([report('never-heard-of', 9), report('accepted', 1)])?.status).toBe('accepted')
    expect(shown([report('accepted', 1), report('never-heard-of', 9)])?.status).toBe('accepted')
  })

  it('I11: shows the same status in every order of the same reports, with repeats', () => {
    const orders = fc
      .uniqueArray(reports, { minLength: 1, maxLength: 30, selector: (one) => one.eventId + one.contentHash })
      .chain((events) =>
        fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 })),
      )
    fc.assert(
      fc.property(orders, ([events, shuffled]) => {
        expect(shown(shuffled)).toEqual(shown(events))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is a total order: 0 only for one and the same report, and the other way round in reverse', () => {
    fc.assert(
      fc.property(reports, reports, (a, b) => {
        expect(Math.sign(compareStatuses(a, b)) + Math.sign(compareStatuses(b, a))).toBe(0)
        if (compareStatuses(a, b) === 0) expect(compareVersions(a, b)).toBe(0)
      }),
    )
  })
})
