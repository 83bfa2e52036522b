/** Which of two facts about the same thing is newer. A total order, the same on every machine. */
export interface Version {
  /** Epoch milliseconds. */
  readonly occurredAt: number
  readonly eventId: string
  readonly contentHash: string
}

/**
 * Below 0 when `a` is older than `b`, 0 when both are one and the same. Ties of the clock are broken by id, then by
 * content: arbitrary, but alike in every order of arrival. Ids compare by code unit; PostgreSQL's collation "C" agrees.
 */
export function compareVersions(a: Version, b: Version): number {
  return a.occurredAt - b.occurredAt || compareTexts(a.eventId, b.eventId) || compareTexts(a.contentHash, b.contentHash)
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
