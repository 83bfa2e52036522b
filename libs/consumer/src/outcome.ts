/** What becomes of a record. Decided by a pure function, carried out in one place. */
export type Outcome = Settled | Unsettled

/** Ends that settle the offset. */
export type Settled =
  | { readonly kind: 'done' }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string }
  /** Nobody can decode its bytes. */
  | { readonly kind: 'quarantine'; readonly reason: string }

/** Ends that leave the offset where it is. */
export type Unsettled =
  | { readonly kind: 'retry'; readonly dueAtMs: number }
  /** The dependency is down: nothing moves, nothing counts as tried. */
  | { readonly kind: 'wait'; readonly dependency: string }
  /** Leave the offset, close, exit non-zero. */
  | { readonly kind: 'stop'; readonly error: unknown }
