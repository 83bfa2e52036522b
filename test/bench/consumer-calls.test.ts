import { describe, expect, it } from 'vitest'
import { type Call, findCallProblems, parseTrace, timeCalls } from './consumer-calls.ts'
import type { Scenario } from './consumer-scenario.ts'

const two: Scenario = { part: 'sleep', work: 'sleep', keys: 2, records: 4 }
const failing: Scenario = { ...two, part: 'failing', apart: 'failing' }

function call(offset: number, startMs: number, endMs: number, ok = true): Call {
  return { offset, startMs, endMs, ok }
}

const inOrder = [call(0, 0, 2), call(1, 1, 3), call(2, 2, 4), call(3, 3, 5)]

describe('the calls of a contestant', () => {
  it('are well when keys overlap each other and no key overlaps itself', () => {
    expect(findCallProblems(inOrder, two)).toEqual([])
    expect(timeCalls(inOrder, two)).toEqual({ elapsedMs: 5, workMs: 2 })
  })

  it.each([
    ['a record that is missing', inOrder.slice(0, 3), '1 missing'],
    ['a record that came twice', [...inOrder, call(3, 6, 8)], '1 repeated'],
    ['a key that runs backwards', [call(2, 0, 1), call(0, 1, 2), call(1, 0, 1), call(3, 1, 2)], '1 out of order'],
    ['two calls of one key at once', [call(0, 0, 2), call(2, 1, 3), call(1, 0, 1), call(3, 1, 2)], '1 overlapping'],
    ['a handler that fails where none should', [call(0, 0, 1, false), ...inOrder.slice(1)], '1 failed'],
  ])('tell of %s', (_, calls, told) => {
    expect(findCallProblems(calls, two)).toContain(told)
  })

  it('leave a failing key out of the time, and let it try its first record as often as it likes', () => {
    const calls = [call(0, 0, 1, false), call(1, 10, 12), call(3, 12, 14), call(0, 1_000, 1_001, false)]
    expect(findCallProblems(calls, failing)).toEqual([])
    expect(timeCalls(calls, failing)).toEqual({ elapsedMs: 4, workMs: 2 })
  })

  it('tell of a record that was tried although one before it, of its key, fails', () => {
    const calls = [call(0, 0, 1, false), call(1, 0, 1), call(3, 1, 2), call(2, 1, 2, false)]
    expect(findCallProblems(calls, failing)).toEqual(['1 tried past a failing one'])
  })

  it('are read from lines of microseconds, and from nothing else', () => {
    expect(parseTrace('7 1500 4000 1\n8 0 1 0\n')).toEqual([call(7, 1.5, 4), call(8, 0, 0.001, false)])
    expect(() => parseTrace('7 1500\n')).toThrow('7 1500')
  })
})
