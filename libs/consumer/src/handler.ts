/** How a handler ends when it does not throw: the record took effect, or needs none here, and why. */
export type HandleResult = { readonly kind: 'done' } | { readonly kind: 'skip'; readonly reason: string }

/** What a handler may know of the record besides its event. */
export interface HandlerContext {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** 1 is the first delivery. */
  readonly attempt: number
  /** Aborted when the partition is lost or the service stops: give up before the effect, not after. */
  readonly signal: AbortSignal
}

/**
 * Applies one event at the sink. Idempotent: the same event may come again after a crash.
 *
 * @throws {PipelineError} whose disposition says what becomes of the record; anything else is retried within the plan.
 */
export type HandleEvent<E> = (event: E, context: HandlerContext) => Promise<HandleResult>
