/** Bounds of a group commit. */
export interface BatchLimits {
  /** Largest request, bytes of keys, values and headers. One call that is larger goes alone. */
  readonly maxBatchBytes: number
  /** Smallest request that a slow cluster brings us down to, bytes. */
  readonly minBatchBytes: number
  /** Most items of a request. */
  readonly maxBatchItems: number
  /** Bytes that may wait for a request. */
  readonly maxQueuedBytes: number
  /** Items that may wait for a request. */
  readonly maxQueuedItems: number
}

/** A request under way for longer than this says that the cluster is slow, ms. */
const SLOW_MS = 100
/** A request that took longer than this was too large for the cluster's pace, ms. */
const TOO_SLOW_MS = 250

/**
 * The size of the next request, after one has ended: halved when it took long, doubled when it was quick.
 *
 * A cluster that is held to a quota answers late in proportion to what it was sent, so this settles where a request
 * takes 100 to 250 ms. A failed request brings the size down to its smallest, so that little waits in vain.
 */
export function nextBatchBytes(
  current: number,
  ended: { readonly durationMs: number; readonly result: 'acknowledged' | 'failed' },
  limits: BatchLimits,
): number {
  if (ended.result === 'failed') return limits.minBatchBytes
  if (ended.durationMs > TOO_SLOW_MS) return Math.max(limits.minBatchBytes, current / 2)
  return ended.durationMs < SLOW_MS ? Math.min(limits.maxBatchBytes, current * 2) : current
}

/** What waits, and for how long the request under way has been under way; 0 when there is none. */
export interface QueueLoad {
  readonly queuedItems: number
  readonly queuedBytes: number
  readonly inFlightMs: number
}

/**
 * Whether one more call may wait: whoever would wait for long is better refused at once.
 *
 * While the cluster is quick the queue is wide. When it is slow, one request's worth may wait behind the one under way;
 * when requests had to be made smaller, two.
 */
export function admits(load: QueueLoad, batchBytes: number, limits: BatchLimits): boolean {
  if (load.queuedItems >= limits.maxQueuedItems || load.queuedBytes >= limits.maxQueuedBytes) return false
  if (load.inFlightMs > SLOW_MS) return load.queuedBytes < batchBytes
  return batchBytes >= limits.maxBatchBytes || load.queuedBytes < 2 * batchBytes
}
