/** How a handler ends when it does not throw: the record took effect, or needs none here, and why. */
export type HandleResult = { readonly kind: 'done' } | { readonly kind: 'skip'; readonly reason: string }

/** What a handler may know of the record besides its event. */
export interface HandlerContext {
  /** Topic, partition and offset that the record was first written to, also when it comes from the retry topic. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** 1 is the first delivery. */
  readonly attempt: number
  /** Aborted when the partition is lost, the service stops or the call's deadline is over: give up before the effect. */
  readonly signal: AbortSignal
  /**
   * Throws when this process may no longer act for the partition. Long handlers call it right before their effect: a
   * process that was paused learns it here sooner than by the signal.
   *
   * @throws {LeaseLostError}
   */
  assertHeld(): void
}

/**
 * Applies one event at the sink. Idempotent: the same event may come again after a crash.
 *
 * @throws {PipelineError} whose disposition says what becomes of the record; anything else is retried within the plan.
 */
export type HandleEvent<E> = (event: E, context: HandlerContext) => Promise<HandleResult>

/** How a fold ended: results for the first records, and why the next one has none. */
export interface FoldResult {
  readonly results: readonly HandleResult[]
  /** What the record after them threw; without it the rest is handed over once more. */
  readonly error?: unknown
}

/**
 * Applies several events of one key at once, in order; for sinks where one call for sent, delivered and read is enough.
 *
 * @throws like {@link HandleEvent}; that is then said of the first record
 */
export type HandleFold<E> = (events: readonly E[], contexts: readonly HandlerContext[]) => Promise<FoldResult>
