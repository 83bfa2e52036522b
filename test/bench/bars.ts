import { bestRedpanda, bestShareOf, type Cell, isOpen, ratioTo, spreadOf, toSpread } from './measurement.ts'

/** A bar, and what was measured. */
export interface BarResult {
  readonly bar: string
  /** What we would like besides. */
  readonly goFor: string
  readonly measured: string
  /** Undefined: nothing to judge by, since a peer or a load was left out. */
  readonly met: boolean | undefined
  readonly goForMet: boolean | undefined
}

const redpandaBars = [
  { load: '32', atLeast: 1.3, goFor: 1.5 },
  { load: '128', atLeast: 1.2, goFor: 1.5 },
  { load: '512', atLeast: 1, goFor: 1.5 },
]
const MIB = 1_048_576
const share = { atLeast: 0.5, goFor: undefined, text: (value: number) => `${Math.round(value * 100)} %` }

/** Judges the medians. Pure. */
export function judge(cells: readonly Cell[]): readonly BarResult[] {
  const own = cells.filter((cell) => cell.contestant === 'murmuration')
  const closed = [...new Set(own.map((cell) => cell.load))].filter((load) => !isOpen(load))
  const open = own.find((cell) => isOpen(cell.load))?.load
  const worstCpu = worst(closed, (load) => medianOf(cells, load, 'cpuSecondsPer10k'), Math.max)
  const leastShare = worst(closed, (load) => ratioTo(cells, 'fastify', load)?.median, Math.min)
  const openP99 = open === undefined ? undefined : medianOf(cells, open, 'p99Ms')
  const rounds = [...new Set(own.map((cell) => cell.round))]
  const peaks = rounds.map((round) =>
    Math.max(...own.filter((cell) => cell.round === round).map((cell) => cell.peakRssBytes / MIB)),
  )
  const peak = peaks.length === 0 ? undefined : toSpread(peaks).max
  return [
    ...redpandaBars.map(({ load, atLeast, goFor }) => {
      const best = bestRedpanda(cells, load)
      const ratio = best === undefined ? undefined : ratioTo(cells, best, load)?.median
      const bar = `at ${load} connections at least ${atLeast} × Redpanda Connect's better setting`
      return atLeastBar(bar, ratio, { atLeast, goFor, text: (value) => `${value.toFixed(2)} ×` })
    }),
    atMostBar('at most 0.8 s of server CPU per 10,000 (worst closed loop)', worstCpu, {
      atMost: 0.8,
      goFor: 0.6,
      text: (value) => `${value.toFixed(2)} s`,
    }),
    atMostBar(`fixed rate${open === undefined ? '' : `, ${open}`}: p99 under 12 ms`, openP99, {
      atMost: 12,
      goFor: 5,
      text: (value) => `${value.toFixed(1)} ms`,
    }),
    atLeastBar(
      'at least 50 % of the bare Fastify, each at its best load',
      bestShareOf(cells, 'fastify')?.median,
      share,
    ),
    atLeastBar('the same, both at the load that suits us least', leastShare, share),
    atMostBar('memory under 350 MiB', peak, {
      atMost: 350,
      goFor: undefined,
      text: () => `by round ${peaks.map((value) => Math.round(value)).join(', ')} MiB`,
    }),
  ]
}

function medianOf(cells: readonly Cell[], load: string, measure: 'cpuSecondsPer10k' | 'p99Ms'): number | undefined {
  return spreadOf(cells, { contestant: 'murmuration', load, measure })?.median
}

function worst(
  loads: readonly string[],
  measure: (load: string) => number | undefined,
  pick: (...values: number[]) => number,
): number | undefined {
  const values = loads.flatMap((load) => measure(load) ?? [])
  return values.length === 0 ? undefined : pick(...values)
}

type Text = (value: number) => string

function atLeastBar(
  bar: string,
  value: number | undefined,
  want: { readonly atLeast: number; readonly goFor: number | undefined; readonly text: Text },
): BarResult {
  return toResult(bar, value, want, (measured, limit) => measured >= limit, want.atLeast)
}

function atMostBar(
  bar: string,
  value: number | undefined,
  want: { readonly atMost: number; readonly goFor: number | undefined; readonly text: Text },
): BarResult {
  return toResult(bar, value, want, (measured, limit) => measured <= limit, want.atMost)
}

function toResult(
  bar: string,
  value: number | undefined,
  want: { readonly goFor: number | undefined; readonly text: Text },
  passes: (value: number, limit: number) => boolean,
  limit: number,
): BarResult {
  const judged = (to: number | undefined): boolean | undefined =>
    value === undefined || Number.isNaN(value) || to === undefined ? undefined : passes(value, to)
  return {
    bar,
    goFor: want.goFor === undefined ? '' : want.text(want.goFor),
    measured: value === undefined ? 'not measured' : want.text(value),
    met: judged(limit),
    goForMet: judged(want.goFor),
  }
}
