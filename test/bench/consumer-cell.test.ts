import { describe, expect, it } from 'vitest'
import { type Cell, costOfFailure, meetsBar, passes, ratioToPeer, timesTheWork } from './consumer-cell.ts'
import { renderConsumerReport } from './consumer-report.ts'
import { countSuccesses, type Scenario, toScenarios } from './consumer-scenario.ts'

const scenario: Scenario = { part: 'sleep', work: 'sleep', keys: 20, records: 1_000 }

function cell(contestant: Cell['contestant'], elapsedMs: number, other: Partial<Cell> = {}): Cell {
  const usual = { pair: 1, workMs: 2.5, cpuSecondsPer10k: 0.5, neighbourCores: 0, problems: [] }
  return { contestant, scenario, elapsedMs, ...usual, ...other }
}

/** Times of ours and the peer's, ms, pair by pair. */
function pairs(...times: readonly (readonly [ours: number, peer: number])[]): readonly Cell[] {
  return times.flatMap(([ours, peer], pair) => [
    cell('murmuration', ours, { pair }),
    cell('parallel-consumer', peer, { pair }),
  ])
}

const run = {
  at: 'now',
  command: 'npm run bench:consumer',
  pairs: 1,
  machine: ['a machine'],
  contestants: [
    { name: 'murmuration', description: 'ours' },
    { name: 'parallel-consumer', description: 'the peer' },
  ],
  absent: undefined,
} as const

describe('the race of the consumers', () => {
  it('compares within a pair: one that a neighbour slowed down says as much as the others', () => {
    expect(ratioToPeer(pairs([80, 100], [800, 1_000], [80, 100]), scenario)).toEqual({
      median: 0.8,
      min: 0.8,
      max: 0.8,
    })
  })

  it('meets the bar at 1.05 times the peer, and not beyond', () => {
    expect(meetsBar(pairs([105, 100]), scenario)).toBe(true)
    expect(meetsBar(pairs([105.1, 100]), scenario)).toBe(false)
    expect(passes(pairs([105.1, 100]), { judge: true })).toBe(false)
    expect(passes(pairs([105.1, 100]), { judge: false })).toBe(true)
  })

  it('has no bar without a peer, and meets none with a run that failed', () => {
    expect(meetsBar([cell('murmuration', 100)], scenario)).toBeUndefined()
    expect(meetsBar(pairs([Number.NaN, 100]), scenario)).toBe(false)
  })

  it('does not pass, however fast, when a record was lost', () => {
    const lost = [cell('murmuration', 1, { problems: ['1 missing'] }), cell('parallel-consumer', 100)]
    expect(passes(lost, { judge: false })).toBe(false)
    expect(renderConsumerReport({ ...run, cells: lost })).toContain(
      '**Murmuration**, 20 keys, sleep, pair 1: 1 missing',
    )
  })

  it('tells a missed bar in the report, and whether the time to go for was reached', () => {
    expect(renderConsumerReport({ ...run, cells: pairs([110, 100]) })).toContain('| 1.10 | **no** | **no** |')
    expect(renderConsumerReport({ ...run, cells: pairs([90, 100]) })).toContain('| 0.90 | yes | **no** |')
  })

  it('measures what a failing key costs the others', () => {
    const [healthy, failing] = toScenarios({ keys: [], parts: ['failing'], records: 1_000 }) as [Scenario, Scenario]
    const cells = [
      cell('murmuration', 100, { scenario: healthy }),
      cell('murmuration', 102, { scenario: failing }),
      cell('parallel-consumer', 150, { scenario: failing }),
    ]
    expect(costOfFailure(cells, 'murmuration')?.median).toBe(1.02)
    expect(costOfFailure(cells, 'parallel-consumer')).toBeUndefined()
    expect([healthy, failing].map(countSuccesses)).toEqual([1_000, 990])
  })

  it('takes the work itself as one call after the other for each key, and no more than 100 at once', () => {
    expect(timesTheWork(cell('murmuration', 250), 100)).toBe(2)
    const many = { ...scenario, keys: 1_000 }
    expect(timesTheWork(cell('murmuration', 50, { scenario: many }), 100)).toBe(2)
  })
})
