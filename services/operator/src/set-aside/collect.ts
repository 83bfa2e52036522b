import { type ReadEventId, withEventId } from './event-ids.ts'
import { type Selection, selects } from './selection.ts'
import type { SetAsideRecord } from './set-aside-record.ts'

/** Records that a selection chose, as many as its limit allows, with their event ids. */
export interface Collection<R extends SetAsideRecord> {
  /** Those that the command is for. */
  readonly chosen: readonly R[]
  /** How many of them there are without the limit. */
  readonly matched: number
  /** Others, which it leaves: they take none of the limit from those that it is for. */
  readonly others: readonly R[]
  readonly othersMatched: number
}

/** Gathers what a selection chooses. Reads event ids only of what is kept, or where it chooses by them. */
export function createCollector<R extends SetAsideRecord>(input: {
  readonly selection: Selection
  readonly readEventId: ReadEventId
  /** Whether the command is for a record. */
  readonly isFor: (record: R) => boolean
}) {
  const { selection, readEventId, isFor } = input
  const chosen = { records: [] as R[], matched: 0 }
  const others = { records: [] as R[], matched: 0 }

  async function addOne(record: R): Promise<void> {
    const pile = isFor(record) ? chosen : others
    const full = pile.records.length >= selection.limit
    const known = full && selection.eventId === undefined ? record : await withEventId(record, readEventId)
    if (!selects(selection, known)) return
    pile.matched += 1
    if (!full) pile.records.push(known)
  }

  return {
    async add(records: readonly R[]): Promise<void> {
      for (const record of records) if (selects(selection, record)) await addOne(record)
    },
    result: (): Collection<R> => ({
      chosen: chosen.records,
      matched: chosen.matched,
      others: others.records,
      othersMatched: others.matched,
    }),
  }
}
