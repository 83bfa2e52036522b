import type { RecordName } from '@murmuration/schemas'
import { type Spread, toSpread } from './measurement.ts'

/** What races: avsc by itself, our codec, and the registry client that Node programs use. */
export const ways = {
  encode: ['avsc', 'murmuration', 'client'],
  decode: ['avsc', 'murmuration', 'murmuration-now', 'client', 'client-reader'],
} as const
export type Direction = keyof typeof ways
export type Way = (typeof ways)[Direction][number]

/** One way with one record in one direction in one round. */
export interface CodecCell {
  readonly record: RecordName
  readonly direction: Direction
  readonly way: Way
  readonly round: number
  /** Microseconds of CPU for one record. */
  readonly us: number
}

/** Of which cells. */
export type CodecGroup = Pick<CodecCell, 'record' | 'direction' | 'way'>

export function timeOf(cells: readonly CodecCell[], group: CodecGroup): Spread {
  return toSpread(cellsOf(cells, group).map(({ us }) => us))
}

/** The cost as a multiple of avsc's, round by round, since neighbours slow whole rounds down. */
export function ratioToAvsc(cells: readonly CodecCell[], group: CodecGroup): Spread {
  const base = new Map(cellsOf(cells, { ...group, way: 'avsc' }).map(({ round, us }) => [round, us]))
  return toSpread(cellsOf(cells, group).map(({ round, us }) => us / (base.get(round) ?? Number.NaN)))
}

/** Most that encoding and decoding may cost, as a multiple of avsc's own. */
export const MOST_TIMES_AVSC = 1.3

/** Whether our median is within the bar. */
export function meetsBar(cells: readonly CodecCell[], group: Omit<CodecGroup, 'way'>): boolean {
  return ratioToAvsc(cells, { ...group, way: 'murmuration' }).median <= MOST_TIMES_AVSC
}

function cellsOf(cells: readonly CodecCell[], { record, direction, way }: CodecGroup): readonly CodecCell[] {
  return cells.filter((cell) => cell.record === record && cell.direction === direction && cell.way === way)
}
