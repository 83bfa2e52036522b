/** Whether calls may start while a dependency may be down. Values, changed by pure functions; times are monotonic ms. */
export type Breaker =
  | { readonly kind: 'closed' }
  /** Nothing starts before `probeAtMs`; then one call tries. */
  | { readonly kind: 'open'; readonly dependency: string; readonly probeAtMs: number; readonly delayMs: number }
  | { readonly kind: 'probing'; readonly dependency: string; readonly delayMs: number }

/** First and longest time that a dependency is left alone, ms. */
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 5_000

export const closedBreaker: Breaker = { kind: 'closed' }

/** Whether a call may start now, and the breaker after it has. */
export function mayStart(breaker: Breaker, nowMs: number): { readonly start: boolean; readonly breaker: Breaker } {
  if (breaker.kind === 'closed') return { start: true, breaker }
  if (breaker.kind === 'probing' || nowMs < breaker.probeAtMs) return { start: false, breaker }
  return { start: true, breaker: { ...breaker, kind: 'probing' } }
}

/** A call found its dependency down. */
export function afterOutage(breaker: Breaker, input: { readonly dependency: string; readonly nowMs: number }): Breaker {
  if (breaker.kind === 'open') return breaker
  const delayMs = breaker.kind === 'closed' ? FIRST_DELAY_MS : Math.min(breaker.delayMs * 2, LONGEST_DELAY_MS)
  return { kind: 'open', dependency: input.dependency, probeAtMs: input.nowMs + delayMs, delayMs }
}

/** The probe ended without an answer: its partition was lost, or it never came to ask. Another one follows. */
export function afterNoAnswer(breaker: Breaker, nowMs: number): Breaker {
  if (breaker.kind !== 'probing') return breaker
  return { ...breaker, kind: 'open', probeAtMs: nowMs + FIRST_DELAY_MS }
}

/** A call got an answer, good or bad. One that began before the outage says nothing about it. */
export function afterAnswer(breaker: Breaker): Breaker {
  return breaker.kind === 'probing' ? closedBreaker : breaker
}
