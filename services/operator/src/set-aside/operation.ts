import type { Operation } from '@murmuration/schemas'
import { type DeadLetter, type LetterState, placeOf, type SetAsideRecord } from './set-aside-record.ts'

/** Who orders something, why and when, as it is recorded. */
export interface Authority {
  readonly actor: string
  readonly reason: string
  /** Epoch ms. */
  readonly occurredAt: number
}

/** What `pipeline.operations.v1` says of an order about one record. The key and the contents stay out of it. Pure. */
export function toOperation(
  record: SetAsideRecord,
  order: Authority & {
    readonly eventId: string
    readonly type: Operation['type']
    readonly details?: Readonly<Record<string, number>>
  },
): Operation {
  const { consumer, topic, partition, offset, reason, tries } = record
  const { details, ...said } = order
  const facts = { consumer, topic, partition, offset, eventId: record.eventId ?? null, failure: reason, tries }
  return { ...said, subject: placeOf(record), details: JSON.stringify({ ...facts, ...details }) }
}

/**
 * The id of the operation that puts a dead letter back: always the same for the same letter, so that a command that runs
 * twice means one operation. A letter that dies again is another one, at another offset.
 */
export function redriveIdOf({ record }: Pick<SetAsideRecord, 'record'>): string {
  return `redrive:${record.topic}/${record.partition}/${record.offset}@${record.timestampMs}`
}

/** The same, for once more: with what makes it another operation. */
export function anotherRedriveId(letter: Pick<SetAsideRecord, 'record'>, unique: string): string {
  return `${redriveIdOf(letter)}#${unique}`
}

/** An operation that put a letter back, and where the retry partition ended then. */
export interface KnownRedrive extends Pick<Operation, 'eventId' | 'actor' | 'occurredAt'> {
  readonly retryEnd: number
}

/** Operations that put letters back, the last one of each letter, by the id that its first one has. Pure. */
export function toKnownRedrives(operations: readonly Operation[]): ReadonlyMap<string, KnownRedrive> {
  const known = new Map<string, KnownRedrive>()
  for (const { eventId, type, actor, occurredAt, details } of operations) {
    if (type !== 'operation.redrive') continue
    known.set(toFirstId(eventId), { eventId, actor, occurredAt, retryEnd: readRetryEnd(details) })
  }
  return known
}

/** The id of a letter's first redrive, from any of them. */
export function toFirstId(operationId: string): string {
  return operationId.split('#')[0] ?? operationId
}

/** Where the retry partition ended; 0 where it is not said: then nobody knows whether the letter got there. */
function readRetryEnd(details: string | null): number {
  try {
    const { retryEnd } = JSON.parse(details ?? '{}') as { readonly retryEnd?: unknown }
    return typeof retryEnd === 'number' ? retryEnd : 0
  } catch {
    return 0
  }
}

/**
 * What became of a letter.
 *
 * An operation is recorded before the retry topic gets the letter, so a command that broke off may have recorded it only.
 * That is certain as long as nothing was cut off the retry partition behind the end that the operation names.
 *
 * @param retry.low the first offset that the retry partition holds
 * @param retry.holds what it holds of the letter: a record that waits, or one that is settled
 */
export function toLetterState(
  known: KnownRedrive | undefined,
  retry: { readonly low: number; readonly holds: 'waiting' | 'settled' | undefined },
): LetterState {
  if (retry.holds !== undefined) return retry.holds === 'waiting' ? 'waiting' : 'redriven'
  if (known === undefined) return 'open'
  return retry.low <= known.retryEnd ? 'unfinished' : 'redriven'
}

/** Whether a letter is to be put back: nobody did; with `again`, also where somebody did and it is gone from there. Pure. */
export function isOpen({ state }: Pick<DeadLetter, 'state'>, { again }: { readonly again: boolean }): boolean {
  return state === 'open' || state === 'unfinished' || (again && state === 'redriven')
}
