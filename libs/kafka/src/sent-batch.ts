import type { EndedRequest } from './batch-limit.ts'

/** What a call resolves to, or why it failed. */
export type Outcome<R> = { readonly result: R } | { readonly error: unknown }

/** What became of a request. */
export interface SentBatch<R> {
  /** For each call, in order. */
  readonly outcomes: readonly Outcome<R>[]
  /** For how long the cluster asks us to pause, ms. */
  readonly pauseMs: number
  /** Whether the cluster took the calls, but not together. */
  readonly isTooLarge?: boolean
}

/** How a request went as a whole; without outcomes nobody waited for it any more. Pure. */
export function toResult(
  outcomes: readonly Outcome<unknown>[] | undefined,
  isRefusal: (error: unknown) => boolean,
): EndedRequest['result'] {
  if (outcomes === undefined) return 'failed'
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []))
  // One partition that can't be written to says nothing of the others.
  if (errors.length < outcomes.length) return 'acknowledged'
  return errors.every(isRefusal) ? 'refused' : 'failed'
}
