import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTracker, deliverOffset, settlementOf, settleOffset, skipTo } from './offset-tracker.ts'

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
        { from: 12, to: 14 },
        { from: 15, to: 16 },
      ],
    })
    expect(tracker.unsettled.size).toBe(2)
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
        const rest = history.filter(({ offset }) => offset >= settlementOf(first).offset)
        for (const { offset } of rest.slice(0, readAgain)) deliverOffset(second, offset)
        const third = createTracker(settlementOf(second))
        const again = rest.filter(({ offset }) => offset >= settlementOf(second).offset)
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

  it('keeps nothing of what is settled, also behind a record that waits', () => {
    const tracker = createTracker(START)
    for (let offset = 10; offset < 50_000; offset += 1) {
      deliverOffset(tracker, offset)
      if (offset > 10) settleOffset(tracker, offset)
    }
    expect(tracker).toEqual({ position: 50_000, unsettled: new Set([10]), carried: [] })
    expect(settlementOf(tracker)).toEqual({ offset: 10, done: [{ from: 11, to: 50_000 }] })
  })

  it('goes on behind offsets that hold nothing any more, and keeps what stands behind them', () => {
    const tracker = createTracker({
      offset: 10,
      done: [
        { from: 12, to: 14 },
        { from: 18, to: 20 },
      ],
    })
    skipTo(tracker, 15)
    skipTo(tracker, 12)
    expect(settlementOf(tracker)).toEqual({ offset: 15, done: [{ from: 18, to: 20 }] })
  })

  it('commits past what an earlier owner has settled as soon as nothing before it is open', () => {
    const tracker = createTracker({
      offset: 10,
      done: [
        { from: 11, to: 14 },
        { from: 15, to: 20 },
      ],
    })
    expect(deliverOffset(tracker, 10)).toBe('new')
    settleOffset(tracker, 10)
    expect(settlementOf(tracker)).toEqual({ offset: 14, done: [{ from: 15, to: 20 }] })
  })
})
