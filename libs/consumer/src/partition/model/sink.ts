import type { Item } from '../partition-state.ts'
import type { Nothing } from './world.ts'

/** Thrown when the contract is broken: the model's finding. */
export class ContractBrokenError extends Error {
  override readonly name = 'ContractBrokenError'
}

/** The sink, and the judge of what reaches it. */
export interface Sink {
  /** @throws {ContractBrokenError} before its due time, or beside another call of its key */
  started(call: readonly Item<Nothing>[], by: { readonly nowMs: number; readonly zombie: boolean }): void
  /** @throws {ContractBrokenError} out of order for its key */
  applied(item: Item<Nothing>): void
  ended(call: readonly Item<Nothing>[]): void
  /** Its dead letter stands in the DLQ, or an operator discarded it: those behind it may go on without it. */
  gaveUp(item: Pick<Item<Nothing>, 'origin'>): void
  readonly effects: ReadonlySet<number>
  readonly given: ReadonlySet<number>
  /** Origin of each key's last effect. */
  readonly last: ReadonlyMap<string, number>
  /** Tells the judge which origins a key has, in order. */
  know(key: string, origin: number): void
}

export function createSink(): Sink {
  const origins = new Map<string, number[]>()
  const last = new Map<string, number>()
  const effects = new Set<number>()
  const given = new Set<number>()
  const running = new Map<string, readonly Item<Nothing>[]>()
  return {
    effects,
    given,
    last,
    know(key, origin) {
      origins.set(key, [...(origins.get(key) ?? []), origin])
    },
    started(call, { nowMs, zombie }) {
      const key = call[0]?.key as string
      for (const item of call) {
        if (item.dueAtMs > nowMs) throw new ContractBrokenError(`${item.origin} started before its time`)
      }
      if (!zombie && running.has(key)) throw new ContractBrokenError(`two calls of key ${key} at once`)
      running.set(key, call)
    },
    ended(call) {
      if (running.get(call[0]?.key as string) === call) running.delete(call[0]?.key as string)
    },
    applied({ key, origin, redrive }) {
      effects.add(origin)
      if (redrive !== null) return
      const before = last.get(key) ?? -1
      const skipped = (origins.get(key) ?? []).filter((one) => one > before && one < origin && !given.has(one))
      if (skipped.length > 0) throw new ContractBrokenError(`${origin} of ${key} took effect before ${skipped.join()}`)
      last.set(key, origin)
    },
    gaveUp: ({ origin }) => void given.add(origin),
  }
}
