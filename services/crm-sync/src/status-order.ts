import type { Version } from './version.ts'
import { compareVersions } from './version.ts'

/** Rank of a status that we don't know: shown only while nothing better is known, and never moves a message back. */
const UNKNOWN_RANK = 0

/**
 * How far a message has come. Failures rank highest: once Bird reports one, nothing hides it, neither a `delivered` nor
 * a `read` that comes before or after, in any order. Somebody has to look at such a message; the history keeps both.
 */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['accepted', 1],
  ['processing', 2],
  ['sent', 3],
  ['delivered', 4],
  ['read', 5],
  ['sending_failed', 6],
  ['delivery_failed', 6],
])

/** Stored beside the status, so that PostgreSQL can compare: changing a rank needs a migration. */
export function statusRank(status: string): number {
  return RANKS.get(status) ?? UNKNOWN_RANK
}

/** Above 0 when `a` is the one to show: the higher rank, and within a rank the newer. */
export function compareStatuses(
  a: Version & { readonly status: string },
  b: Version & { readonly status: string },
): number {
  return statusRank(a.status) - statusRank(b.status) || compareVersions(a, b)
}
