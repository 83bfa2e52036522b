/** What the adapter writes into a column. */
export type SqlValue = string | number | boolean | null | readonly string[]

/** A clock outside these years is nonsense; it is clamped, so that the rest of its event is kept and still sorts. */
const MIN_MS = Date.UTC(1900, 0, 1)
const MAX_MS = Date.UTC(9_999, 11, 31)

/** A text that PostgreSQL can hold: it has no NUL, and no half of a surrogate pair. */
export function toText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** Epoch milliseconds for a timestamptz column. */
export function toTimestamp(ms: number): string {
  return new Date(Math.min(Math.max(ms, MIN_MS), MAX_MS)).toISOString()
}

/** As `toTimestamp`, where there may be none. */
export function toOptionalTimestamp(ms: number | null): string | null {
  return ms === null ? null : toTimestamp(ms)
}

/** Any value for a jsonb column, which refuses the escapes of NUL and of half surrogate pairs. */
export function toJson(value: unknown): string {
  // Escapes are read as pairs from the left, so that an escaped backslash before "u0000" is not mistaken for one.
  return JSON.stringify(value).replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (sequence) =>
    sequence.length > 2 ? '\\ufffd' : sequence,
  )
}

/** JSON text of the event for a jsonb column. What is no JSON is kept as a JSON string, not lost. */
export function toOptionalJson(text: string | null): string | null {
  if (text === null) return null
  try {
    return toJson(JSON.parse(text))
  } catch {
    return toJson(text)
  }
}
