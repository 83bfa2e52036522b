import type { ContestantName } from './consumer-contestant.ts'
import { nameOf, type Scenario } from './consumer-scenario.ts'
import { type Spread, toSpread } from './measurement.ts'

/** One contestant in one scenario in one pair. */
export interface Cell {
  readonly contestant: ContestantName
  readonly scenario: Scenario
  readonly pair: number
  /** From the first start of a handler to the last end, as the contestant saw it. NaN: the run failed. */
  readonly elapsedMs: number
  /** Mean length of a handler's call. */
  readonly workMs: number
  /** CPU time of its process for 10,000 records, from before it joined until it had left. */
  readonly cpuSecondsPer10k: number
  /** Cores that programs other than the contestants, the servers and this one used meanwhile; NaN where it can't be known. */
  readonly neighbourCores: number
  /** Empty when each record was handled once and in order. */
  readonly problems: readonly string[]
}

export type Measure = 'elapsedMs' | 'workMs' | 'cpuSecondsPer10k'

/** Median ratio of times that ours may have at most, and what we would like. */
export const BAR = 1.05
export const GO_FOR = 0.8

export function spreadOf(
  cells: readonly Cell[],
  of: { readonly contestant: ContestantName; readonly scenario: Scenario; readonly measure: Measure },
): Spread {
  return toSpread(cellsOf(cells, of.scenario, of.contestant).map((cell) => cell[of.measure]))
}

/** Our time as a multiple of the peer's, pair by pair, since neighbours slow whole pairs down. */
export function ratioToPeer(cells: readonly Cell[], scenario: Scenario): Spread | undefined {
  return toRatio(cellsOf(cells, scenario, 'murmuration'), cellsOf(cells, scenario, 'parallel-consumer'))
}

/** Time of the other keys beside one that always fails, as a multiple of their time beside one that does not. */
export function costOfFailure(cells: readonly Cell[], contestant: ContestantName): Spread | undefined {
  const own = cells.filter((cell) => cell.contestant === contestant)
  return toRatio(
    own.filter(({ scenario }) => scenario.apart === 'failing'),
    own.filter(({ scenario }) => scenario.apart === 'healthy'),
  )
}

/**
 * The time as a multiple of the least that the work itself takes: calls of one key one after the other, and no more at
 * once than keys.
 */
export function timesTheWork(cell: Cell, concurrency: number): number {
  const { keys, records } = cell.scenario
  return cell.elapsedMs / ((records * cell.workMs) / Math.min(keys, concurrency))
}

/** What was raced, in the order of the race. */
export function scenariosOf(cells: readonly Cell[]): readonly Scenario[] {
  return [...new Map(cells.map(({ scenario }) => [nameOf(scenario), scenario])).values()]
}

export function cellsOf(cells: readonly Cell[], scenario: Scenario, contestant: ContestantName): readonly Cell[] {
  return cells.filter((cell) => cell.contestant === contestant && nameOf(cell.scenario) === nameOf(scenario))
}

/** Whether the race was clean, and ours within the bar wherever there was a peer. */
export function passes(cells: readonly Cell[], options: { readonly judge: boolean }): boolean {
  if (cells.some(({ problems }) => problems.length > 0)) return false
  return !options.judge || scenariosOf(cells).every((scenario) => meetsBar(cells, scenario) !== false)
}

/** Undefined: there is no bar, or nothing to compare with. A run that failed meets none. */
export function meetsBar(cells: readonly Cell[], scenario: Scenario, bar = BAR): boolean | undefined {
  const ratio = scenario.part === 'failing' ? undefined : ratioToPeer(cells, scenario)
  return ratio === undefined ? undefined : ratio.median <= bar
}

function toRatio(cells: readonly Cell[], base: readonly Cell[]): Spread | undefined {
  const ratios = cells.flatMap(({ pair, elapsedMs }) => {
    const other = base.find((one) => one.pair === pair)
    return other === undefined ? [] : [elapsedMs / other.elapsedMs]
  })
  return ratios.length === 0 ? undefined : toSpread(ratios)
}
