import { PipelineError } from '@murmuration/errors'
import type { Selection } from './selection.ts'
import type { SetAsideRecord } from './set-aside-record.ts'

/** Reads the id of an event out of a value of a topic; nothing else of it is kept. */
export type ReadEventId = (topic: string, value: Buffer | null) => Promise<string | null>

/**
 * Reads event ids from values by a decoder.
 *
 * What nobody can decode has none. Where the registry is away, none is read from then on, and `onTrouble` is told once;
 * a selection by event id can't do without, and throws.
 */
export function createEventIds(
  decode: (topic: string, value: Buffer | null) => Promise<unknown>,
  input: { readonly selection: Pick<Selection, 'eventId'>; readonly onTrouble: (why: string) => void },
): ReadEventId {
  let given = false
  return async (topic, value) => {
    if (given) return null
    try {
      const { eventId } = (await decode(topic, value)) as { readonly eventId?: unknown }
      return typeof eventId === 'string' ? eventId : null
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      if (error.disposition === 'quarantine') return null
      if (input.selection.eventId !== undefined) throw error
      given = true
      input.onTrouble(error.message)
      return null
    }
  }
}

/** A record with the id of its event. */
export async function withEventId<R extends SetAsideRecord>(record: R, read: ReadEventId): Promise<R> {
  return { ...record, eventId: await read(record.topic, record.record.value) }
}
