import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baseOf, createTracker, deliverOffset, settlementOf, settleOffset } from './offset-tracker.ts'

const START = { offset: 10, done: [] }

/** Offsets with holes, as a compacted topic or transaction markers leave them, and which of them are settled. */
const histories = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), settled: fc.boolean() }), { maxLength: 60 })
  .map((steps) => {
    let offset = START.offset - 1
    return steps.map(({ gap, settled }) => {
      offset += gap
      return { offset, settled }
    })
  })

describe('an offset tracker', () => {
  it('commits up to the first unsettled offset, and names what is settled behind it', () => {
    const tracker = createTracker(START)
    for (const offset of [10, 11, 13, 14, 15]) deliverOffset(tracker, offset)
    for (const offset of [10, 13, 15]) settleOffset(tracker, offset)
    expect(settlementOf(tracker)).toEqual({
      offset: 11,
      done: [
        { from: 13, to: 14 },
        { from: 15, to: 16 },
      ],
    })
    expect(tracker.unsettled).toBe(2)
    for (const offset of [11, 14]) settleOffset(tracker, offset)
    expect(settlementOf(tracker)).toEqual({ offset: 16, done: [] })
  })

  it('hands over to a next tracker exactly what is settled, whatever of it was read again before a second hand-over', () => {
    fc.assert(
      fc.property(histories, fc.nat(60), (history, readAgain) => {
        const first = createTracker(START)
        for (const { offset } of history) deliverOffset(first, offset)
        for (const { offset, settled } of history) if (settled) settleOffset(first, offset)
        const second = createTracker(settlementOf(first))
        const rest = history.filter(({ offset }) => offset >= baseOf(first))
        for (const { offset } of rest.slice(0, readAgain)) deliverOffset(second, offset)
        const third = createTracker(settlementOf(second))
        const again = rest.filter(({ offset }) => offset >= baseOf(second))
        for (const { offset, settled } of again) {
          expect(deliverOffset(third, offset)).toBe(settled ? 'settled' : 'new')
        }
      }),
    )
  })

  it('refuses an offset that goes back, since counting on would lose records', () => {
    const tracker = createTracker(START)
    deliverOffset(tracker, 12)
    expect(() => deliverOffset(tracker, 12)).toThrow(RangeError)
    expect(() => deliverOffset(tracker, 11)).toThrow(RangeError)
    expect(() => deliverOffset(tracker, 2 ** 53)).toThrow(RangeError)
  })

  it('forgets what is settled, so that its size does not grow with the topic', () => {
    const tracker = createTracker(START)
    for (let offset = 10; offset < 50_000; offset += 1) {
      deliverOffset(tracker, offset)
      if (offset >= 20) settleOffset(tracker, offset - 10)
    }
    expect(tracker.done.size).toBeLessThan(20)
    expect(tracker.pending.length).toBeLessThan(5_000)
  })
})
