import { describe, expect, it } from 'vitest'
import type { SinkCall, SinkStep } from './consumer-history.ts'
import { longestGaps, ownersAt, startDelays, takeoverMs } from './consumer-timing.ts'

function steps(...calls: readonly (readonly [atMs: number, pid: number, partition: number])[]): SinkStep[] {
  return calls.flatMap(([atMs, pid, partition]): SinkStep[] => {
    const own = { member: `member-${pid}`, key: 'k', offset: 0, eventId: 'k:0', attempt: 1 }
    const call: SinkCall = { ...own, pid, partition, startedMs: atMs }
    return [
      { kind: 'begin', call, atMs },
      { kind: 'apply', call, atMs, answer: 'done' },
    ]
  })
}

describe('takeoverMs', () => {
  const before = steps([0, 1, 0], [10, 1, 1], [20, 2, 2])

  it('counts until the last partition of the process has a call from another one', () => {
    const history = [...before, ...steps([150, 2, 2], [200, 2, 0], [300, 3, 1], [400, 3, 1])]
    expect(takeoverMs(history, { pid: 1, goneMs: 100 })).toBe(200)
  })

  it('is not impressed by calls of the process itself, and never ends where a partition stays alone', () => {
    const history = [...before, ...steps([150, 1, 0], [160, 1, 1], [200, 2, 0])]
    expect(takeoverMs(history, { pid: 1, goneMs: 100 })).toBe(Number.POSITIVE_INFINITY)
  })

  it('tells nothing of a process that had no partition', () => {
    expect(takeoverMs(before, { pid: 3, goneMs: 100 })).toBeUndefined()
  })
})

it('ownersAt names the process of the last call before that time', () => {
  expect([...ownersAt(steps([0, 1, 0], [10, 2, 0], [20, 3, 0]), 20)]).toEqual([[0, 2]])
})

it('longestGaps tells a standstill of all from one of a single partition', () => {
  expect(longestGaps(steps([0, 1, 0], [10, 1, 1], [50, 1, 0], [60, 1, 0], [95, 1, 1]))).toEqual({
    allMs: 40,
    oneMs: 85,
  })
  expect(longestGaps([])).toEqual({ allMs: 0, oneMs: 0 })
})

it('startDelays counts the first start of each event within the time, from its sending', () => {
  const history = steps([0, 1, 0], [50, 1, 0], [60, 1, 1]).map((step, index) => {
    const eventId = index < 4 ? 'a' : 'b'
    return { ...step, call: { ...step.call, eventId } }
  })
  const all = startDelays(history, { sentMs: () => -5, fromMs: 0, toMs: 100 })
  expect(all.map(({ partition, delayMs }) => [partition, delayMs])).toEqual([
    [0, 5],
    [1, 65],
  ])
  expect(startDelays(history, { sentMs: () => 0, fromMs: 1, toMs: 60 })).toEqual([])
})
