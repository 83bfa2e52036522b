import { describe, expect, it } from 'vitest'
import { type CodecCell, meetsBar, ratioToAvsc, timeOf } from './codec-cell.ts'
import { renderCodecReport } from './codec-report.ts'

const message = { record: 'message', direction: 'decode' } as const

/** Times of avsc and ours, µs, round by round. */
function cellsOf(rounds: readonly (readonly [avsc: number, ours: number])[]): readonly CodecCell[] {
  return rounds.flatMap(([avsc, ours], round) => [
    { ...message, way: 'avsc', round, us: avsc },
    { ...message, way: 'murmuration', round, us: ours },
  ])
}

describe('the codec race', () => {
  it('compares within a round: one that a neighbour slowed down says as much as the others', () => {
    const cells = cellsOf([
      [1, 1.2],
      [10, 12],
      [1, 1.2],
    ])
    const ratio = ratioToAvsc(cells, { ...message, way: 'murmuration' })
    expect([ratio.median, ratio.min, ratio.max].map((value) => value.toFixed(6))).toEqual(Array(3).fill('1.200000'))
    expect(timeOf(cells, { ...message, way: 'murmuration' })).toEqual({ median: 1.2, min: 1.2, max: 12 })
  })

  it('meets the bar at 1.3 times avsc, and not beyond', () => {
    expect(meetsBar(cellsOf([[10, 13]]), message)).toBe(true)
    expect(meetsBar(cellsOf([[10, 13.1]]), message)).toBe(false)
  })

  it('tells a missed bar in the report', () => {
    const run = { at: 'now', rounds: 1, machine: ['a machine'], frameBytes: new Map(), compared: 1 }
    expect(renderCodecReport({ ...run, cells: cellsOf([[10, 13.1]]) })).toContain('| 1.31 | **no** |')
    expect(renderCodecReport({ ...run, cells: cellsOf([[10, 12]]) })).toContain('| 1.20 | yes |')
  })
})
