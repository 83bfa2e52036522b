import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fifo } from './fifo.ts'

describe('Fifo', () => {
  it('gives what an array gives, whatever is pushed and taken', () => {
    const steps = fc.array(fc.oneof(fc.constant('shift' as const), fc.integer({ min: 1, max: 3_000 })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(steps, (taken) => {
        const fifo = new Fifo<number>()
        const array: number[] = []
        let next = 0
        for (const step of taken) {
          for (let push = 0; step !== 'shift' && push < step; push += 1) {
            fifo.push(next)
            array.push(next)
            next += 1
          }
          // As many as make it drop what was taken, and once more than there are.
          for (let shift = 0; step === 'shift' && shift < 2_100; shift += 1) expect(fifo.shift()).toBe(array.shift())
          expect([fifo.length, fifo.first()]).toEqual([array.length, array[0]])
        }
      }),
      { numRuns: 50 },
    )
  })
})
