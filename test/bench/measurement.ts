import type { ContestantName } from './contestant.ts'

/** One contestant under one load in one round. */
export interface Cell {
  readonly contestant: ContestantName
  /** `32`, `128`: connections of a closed loop. `5000/s`: a fixed rate. */
  readonly load: string
  readonly round: number
  readonly acceptedPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** User and system time of the server's process for 10,000 accepted webhooks. */
  readonly cpuSecondsPer10k: number
  readonly peakRssBytes: number
  /** Cores that programs other than the server, Kafka and the load used meanwhile. */
  readonly neighbourCores: number
  /** Cores that the host gave to somebody else meanwhile: steal time. */
  readonly stolenCores: number
  /** Webhooks that got no 2xx. */
  readonly notAccepted: number
}

/** Numbers of a cell that are summed up over rounds. */
export type Measure = 'acceptedPerSecond' | 'p50Ms' | 'p99Ms' | 'cpuSecondsPer10k' | 'peakRssBytes'

/** Median and range over the rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function toSpread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const low = sorted[Math.floor(middle)] ?? Number.NaN
  const high = sorted[Math.ceil(middle)] ?? Number.NaN
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** One measure of one contestant under one load; undefined when it did not take part. */
export function spreadOf(
  cells: readonly Cell[],
  of: { readonly contestant: ContestantName; readonly load: string; readonly measure: Measure },
): Spread | undefined {
  const own = cells.filter((cell) => cell.contestant === of.contestant && cell.load === of.load)
  return own.length === 0 ? undefined : toSpread(own.map((cell) => cell[of.measure]))
}

/** The product's rate as a multiple of a peer's, round by round, since neighbours slow whole rounds down. */
export function ratioTo(cells: readonly Cell[], peer: ContestantName, load: string): Spread | undefined {
  const ratios = cells.flatMap((cell) => {
    if (cell.contestant !== 'murmuration' || cell.load !== load) return []
    const other = cells.find((one) => one.contestant === peer && one.load === load && one.round === cell.round)
    return other === undefined ? [] : [cell.acceptedPerSecond / other.acceptedPerSecond]
  })
  return ratios.length === 0 ? undefined : toSpread(ratios)
}

/** The product's best closed loop as a share of a peer's best one, round by round: the loads need not be the same. */
export function bestShareOf(cells: readonly Cell[], peer: ContestantName): Spread | undefined {
  const shares = [...new Set(cells.map((cell) => cell.round))].flatMap((round) => {
    const best = (contestant: ContestantName) =>
      Math.max(
        0,
        ...cells
          .filter((cell) => cell.round === round && cell.contestant === contestant && !isOpen(cell.load))
          .map((cell) => cell.acceptedPerSecond),
      )
    const [own, other] = [best('murmuration'), best(peer)]
    return own === 0 || other === 0 ? [] : [own / other]
  })
  return shares.length === 0 ? undefined : toSpread(shares)
}

/** Whether a load is at a fixed rate. */
export function isOpen(load: string): boolean {
  return load.endsWith('/s')
}

/** Redpanda Connect's better setting under this load: by rate in a closed loop, by p99 at a fixed rate. */
export function bestRedpanda(cells: readonly Cell[], load: string): ContestantName | undefined {
  const names = ['redpanda-connect', 'redpanda-connect-linger-0'] as const
  const present = names.flatMap((contestant) => {
    const spread = spreadOf(cells, { contestant, load, measure: isOpen(load) ? 'p99Ms' : 'acceptedPerSecond' })
    return spread === undefined ? [] : [{ contestant, score: isOpen(load) ? -spread.median : spread.median }]
  })
  return present.sort((a, b) => b.score - a.score)[0]?.contestant
}
