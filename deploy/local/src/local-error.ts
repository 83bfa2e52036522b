/**
 * Something about this machine or the embedded stack keeps it from running. The message is for the person at the
 * terminal: what happened, and what to do about it. Nothing retries on it.
 */
export class LocalError extends Error {
  override readonly name = 'LocalError'
}

/** The text of anything thrown. */
export function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
