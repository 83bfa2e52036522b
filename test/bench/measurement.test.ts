import { describe, expect, it } from 'vitest'
import { judge } from './bars.ts'
import type { ContestantName } from './contestant.ts'
import { bestRedpanda, bestShareOf, type Cell, ratioTo, toSpread } from './measurement.ts'
import { renderReport } from './render-report.ts'

function cell(contestant: ContestantName, load: string, change: Partial<Cell> = {}): Cell {
  const usual = {
    round: 1,
    acceptedPerSecond: 10_000,
    p50Ms: 2,
    p99Ms: 9,
    cpuSecondsPer10k: 0.5,
    neighbourCores: 0,
    stolenCores: 0,
  }
  return { contestant, load, ...usual, peakRssBytes: 200 * 1_048_576, notAccepted: 0, ...change }
}

const run = {
  at: '2026-01-01T00:00:00.000Z',
  seed: 1,
  rounds: 2,
  seconds: 3,
  contestants: [{ name: 'murmuration', title: 'Murmuration', description: 'the product' }] as const,
  absent: [],
  machine: ['a machine'],
  verifications: [],
}

describe('the figures of a race', () => {
  it('takes the middle of an odd number of rounds, and the mean of the middle two of an even one', () => {
    expect(toSpread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 })
    expect(toSpread([4, 1, 9, 2])).toEqual({ median: 3, min: 1, max: 9 })
  })

  it('compares with a peer round by round, so that a slow round slows both', () => {
    const cells = [
      cell('murmuration', '32', { acceptedPerSecond: 3_000 }),
      cell('fastify', '32', { acceptedPerSecond: 4_000 }),
      cell('murmuration', '32', { round: 2, acceptedPerSecond: 300 }),
      cell('fastify', '32', { round: 2, acceptedPerSecond: 400 }),
      cell('fastify', '32', { round: 3, acceptedPerSecond: 1 }),
    ]
    expect(ratioTo(cells, 'fastify', '32')).toEqual({ median: 0.75, min: 0.75, max: 0.75 })
    expect(ratioTo(cells, 'redpanda-connect', '32')).toBeUndefined()
  })

  it('compares the best loops by round, whatever their loads; a fixed rate is none', () => {
    const cells = [
      cell('murmuration', '128', { acceptedPerSecond: 600 }),
      cell('murmuration', '32', { acceptedPerSecond: 500 }),
      cell('murmuration', '5000/s', { acceptedPerSecond: 5_000 }),
      cell('fastify', '32', { acceptedPerSecond: 1_000 }),
      cell('fastify', '128', { acceptedPerSecond: 900 }),
      cell('murmuration', '32', { round: 2, acceptedPerSecond: 400 }),
      cell('fastify', '32', { round: 2, acceptedPerSecond: 1_000 }),
      cell('fastify', '5000/s', { round: 3, acceptedPerSecond: 5_000 }),
    ]
    expect(bestShareOf(cells, 'fastify')).toEqual({ median: 0.5, min: 0.4, max: 0.6 })
    expect(bestShareOf(cells, 'redpanda-connect')).toBeUndefined()
  })

  it("takes Redpanda Connect's better setting: by rate in a closed loop, by p99 at a fixed rate", () => {
    const cells = ['32', '5000/s'].flatMap((load) => [
      cell('redpanda-connect', load, { acceptedPerSecond: 9_000, p99Ms: 30 }),
      cell('redpanda-connect-linger-0', load, { acceptedPerSecond: 8_000, p99Ms: 10 }),
    ])
    expect(bestRedpanda(cells, '32')).toBe('redpanda-connect')
    expect(bestRedpanda(cells, '5000/s')).toBe('redpanda-connect-linger-0')
  })
})

describe('the bars', () => {
  const metOf = (cells: readonly Cell[]) => judge(cells).map(({ met, goForMet }) => [met, goForMet])

  it('are not judged where nobody raced', () => {
    expect(judge([]).every(({ met, measured }) => met === undefined && measured === 'not measured')).toBe(true)
  })

  it('are met and missed by the medians', () => {
    const peers = ['32', '128'].map((load) => cell('redpanda-connect', load))
    const cells = [
      ...peers,
      cell('murmuration', '32', { acceptedPerSecond: 13_100, cpuSecondsPer10k: 0.7 }),
      cell('murmuration', '128', { acceptedPerSecond: 11_900 }),
      cell('murmuration', '5000/s', { p99Ms: 12.5, cpuSecondsPer10k: 3 }),
      cell('fastify', '32', { acceptedPerSecond: 26_200 }),
      cell('fastify', '128', { acceptedPerSecond: 24_000 }),
    ]
    expect(metOf(cells)).toEqual([
      [true, false],
      [false, false],
      [undefined, undefined],
      [true, false],
      [false, false],
      [true, undefined],
      [false, undefined],
      [true, undefined],
    ])
  })
})

describe('the report', () => {
  it('says a verification that failed in bold, and who took no part', () => {
    const verification = { contestant: 'murmuration', topic: 'a.topic', records: 9, accepted: 10 } as const
    const report = renderReport({
      ...run,
      cells: [
        cell('murmuration', '32'),
        cell('murmuration', '32', { round: 2, acceptedPerSecond: 12_000, stolenCores: 0.5 }),
      ],
      verifications: [{ ...verification, problems: ['1 accepted, but not in the topic: x'] }],
      absent: [{ name: 'redpanda-connect', why: 'there is no Go' }],
    })
    expect(report).toContain('**1 accepted, but not in the topic: x**')
    expect(report).toContain('redpanda-connect took no part: there is no Go')
    expect(report).toContain('the host took 0.25 cores meanwhile (at most 0.50)')
    expect(report).toContain('| Murmuration | 11,000 (10,000–12,000) | 2.0 | 9.0 | 0.50 | 200 | 0 |')
  })
})
