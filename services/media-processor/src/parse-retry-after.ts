/** A host must not hold a partition for longer than this, whatever it asks for. */
const LONGEST_MS = 5 * 60_000

/**
 * Milliseconds that a `Retry-After` header asks for, at most five minutes.
 *
 * @param header seconds, or an HTTP date; anything else counts as absent
 * @param nowMs epoch ms
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS)
}
