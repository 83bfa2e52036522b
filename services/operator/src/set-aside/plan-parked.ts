import { toCommandRecord } from '@murmuration/consumer'
import type { Operation } from '@murmuration/schemas'
import type { Step } from './carry-out.ts'
import { type Authority, toOperation } from './operation.ts'
import type { ParkedRecord } from './set-aside-record.ts'

/** What an operator may say about a parked record. */
export type ParkedWord = 'retry-now' | 'release' | 'discard'

/** A record that is left as it is, and why. */
export interface Skipped<R> {
  readonly record: R
  readonly why: string
}

/** What a command would do, and what it would leave. */
export interface Plan<R> {
  readonly steps: readonly (Step & { readonly about: R; readonly id: string })[]
  readonly skipped: readonly Skipped<R>[]
}

const TYPES: Readonly<Record<ParkedWord, Operation['type']>> = {
  'retry-now': 'operation.retry',
  release: 'operation.release',
  discard: 'operation.discard',
}

/**
 * Plans a word about parked records. Only the first one of a key can be retried: those behind it follow by themselves.
 * Pure but for `newId`.
 */
export function planParked(
  chosen: readonly ParkedRecord[],
  order: Authority & { readonly word: ParkedWord; readonly newId: () => string },
): Plan<ParkedRecord> {
  const { word, newId, ...authority } = order
  const looked = chosen.map((about) => ({ about, why: whyNot(about, word) }))
  return {
    steps: looked.flatMap(({ about, why }) =>
      why === undefined ? [toStep(about, word, { ...authority, newId })] : [],
    ),
    skipped: looked.flatMap(({ about, why }) => (why === undefined ? [] : [{ record: about, why }])),
  }
}

/** Why a word does nothing for a parked record; undefined where it does. Pure. */
export function whyNot({ ahead, ordered }: ParkedRecord, word: ParkedWord): string | undefined {
  if (word === 'retry-now') {
    if (ordered !== undefined) return `${ordered} was ordered before`
    return ahead === 0 ? undefined : `${ahead} of its key ${ahead === 1 ? 'goes' : 'go'} before it: retry the first one`
  }
  return ordered === word ? `${word} was ordered before` : undefined
}

function toStep(about: ParkedRecord, word: ParkedWord, order: Authority & { readonly newId: () => string }) {
  const { newId, ...authority } = order
  const id = newId()
  const operation = toOperation(about, { ...authority, eventId: id, type: TYPES[word] })
  const record = toCommandRecord({ record: about.record, origin: about.offset }, { word, operationId: id })
  return { about, id, operation, record }
}
