/** What a handler does for 2.5 ms. */
export type Work = 'sleep' | 'http'
export const parts = ['sleep', 'http', 'failing'] as const
/** `failing`: sleeping with 100 keys, with and without one that always fails. */
export type Part = (typeof parts)[number]

/** Of each record, ms. */
export const WORK_MS = 2.5
export const CONCURRENCY = 100
/** Keys of the part `failing`, and of the warm-up. */
export const FAILING_KEYS = 100

/** One topic with a backlog, and what is done with its records. */
export interface Scenario {
  readonly part: Part
  readonly work: Work
  /** Record n has key n modulo this. */
  readonly keys: number
  readonly records: number
  /** Key 0 stands apart: its records are not timed, whether they succeed or always fail. */
  readonly apart?: 'healthy' | 'failing'
}

/** `5 keys, sleep`: what people read, and the key of a scenario. */
export function nameOf({ keys, work, apart }: Scenario): string {
  const odd = apart === undefined ? '' : `, one ${apart === 'failing' ? 'always failing' : 'set apart'}`
  return `${keys} ${keys === 1 ? 'key' : 'keys'}, ${work}${odd}`
}

/** The key of the record at an offset: the topic holds one partition, and nothing but the records. */
export function keyAt(offset: number, { keys }: Pick<Scenario, 'keys'>): string {
  return `key-${offset % keys}`
}

export const APART = 'key-0'

/** Records whose handlers succeed. */
export function countSuccesses({ records, keys, apart }: Scenario): number {
  return apart === 'failing' ? records - Math.ceil(records / keys) : records
}

/** Everything that is raced, in the order of the report. Pure. */
export function toScenarios(options: {
  readonly keys: readonly number[]
  readonly parts: readonly Part[]
  /** Of each scenario; a quarter of it with one key, which takes so much longer. */
  readonly records: number
}): readonly Scenario[] {
  const { keys, records } = options
  return options.parts.flatMap((part): readonly Scenario[] => {
    if (part === 'failing') {
      const scenario = { part, work: 'sleep', keys: FAILING_KEYS, records } as const
      return [
        { ...scenario, apart: 'healthy' },
        { ...scenario, apart: 'failing' },
      ]
    }
    return keys.map((count) => ({
      part,
      work: part,
      keys: count,
      records: count === 1 ? Math.ceil(records / 4) : records,
    }))
  })
}
