/** What becomes of a record after a try. Decided by a pure function, carried out in one place. */
export type Outcome = Settled | Unsettled

/** Ends that settle the offset. */
export type Settled =
  | { readonly kind: 'done' }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string }
  /** Nobody can decode its bytes. */
  | { readonly kind: 'quarantine'; readonly reason: string }

/** Ends after which it is tried again, or not at all. */
export type Unsettled =
  /** Once more soon; it keeps its place in memory. */
  | { readonly kind: 'again'; readonly dueAtMs: number }
  /** Once more later; it waits in the retry topic, and its key's later records behind it. */
  | { readonly kind: 'retry'; readonly dueAtMs: number; readonly reason: string }
  /** The dependency is down: nothing moves, nothing counts as tried. */
  | { readonly kind: 'wait'; readonly dependency: string }
  /** Leave the offset, close, exit non-zero. */
  | { readonly kind: 'stop'; readonly error: unknown }
