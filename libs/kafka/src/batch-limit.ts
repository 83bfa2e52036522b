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

/** How a request went. */
export interface EndedRequest {
  /** `refused`: the cluster is well, and did not want it. `failed`: nobody knows what became of it. */
  readonly result: 'acknowledged' | 'refused' | 'failed'
  readonly bytes: number
  readonly durationMs: number
  /** For how long the cluster asks us to pause, since we are over a quota, ms. */
  readonly pauseMs: number
}

/** The pause that a request may cost, ms: longer ones are for smaller requests to avoid. */
const WANTED_PAUSE_MS = 150
/** A request that took longer than this has to be smaller, or it will miss its deadline soon, ms. */
const TOO_SLOW_MS = 900
/** A request under way for longer than this says that the cluster is slow, ms. */
const SLOW_MS = 100
/** Whoever comes while a pause of more than this is left is refused, ms. */
const MAX_PAUSE_MS = 500

/**
 * Share of its deadline that a call must have left, or it comes too late: one that ends while its request is under way leaves that
 * behind when it is alone, and a sound connection with it.
 */
const LEAST_SHARE_LEFT = 0.1

/** Whether a call comes too late to be sent. @param leftMs until its deadline */
export function isTooLate(leftMs: number, { deadlineMs }: { readonly deadlineMs: number }): boolean {
  return leftMs < deadlineMs * LEAST_SHARE_LEFT
}

/** A refusal comes within this, ms; who has waited for longer waits on, as long as it is not in vain. */
const SOON_MS = 50

/**
 * Whether a call that waits is refused when the cluster asks for a pause: a long one is longer than anybody should wait, but
 * who has waited for a while already would rather be accepted late than refused late.
 *
 * @param leftMs until its deadline
 */
export function isRefusedByPause(
  leftMs: number,
  { deadlineMs, pauseMs }: { readonly deadlineMs: number; readonly pauseMs: number },
): boolean {
  return pauseMs > MAX_PAUSE_MS && (deadlineMs - leftMs < SOON_MS || leftMs < pauseMs)
}

/**
 * The size of the next request, after one has ended.
 *
 * Under a quota the cluster asks for a pause in proportion to what it was sent, so the size settles where a pause is some
 * 150 ms. Latency alone makes no request smaller: on a long line large ones are the only way to get much through. A
 * request that failed brings the size down to its smallest, so that little waits in vain.
 */
export function nextBatchBytes(current: number, ended: EndedRequest, limits: BatchLimits): number {
  if (ended.result === 'refused') return current
  if (ended.result === 'failed') return limits.minBatchBytes
  if (ended.pauseMs > WANTED_PAUSE_MS) {
    return Math.max(limits.minBatchBytes, Math.floor((ended.bytes * WANTED_PAUSE_MS) / ended.pauseMs))
  }
  if (ended.durationMs > TOO_SLOW_MS) return Math.max(limits.minBatchBytes, Math.floor(current / 2))
  const isEasy = ended.pauseMs < WANTED_PAUSE_MS / 2 && ended.durationMs < TOO_SLOW_MS / 2
  return isEasy ? Math.min(limits.maxBatchBytes, current * 2) : current
}

/** For how long a request that was too large is remembered, ms. */
export const REMEMBERED_MS = 60_000

/**
 * The largest request from now on, after one that a topic's `max.message.bytes` had refused and that was taken in parts: each of
 * them took a round trip.
 */
export function largestAfter(tooLargeBytes: number, { minBatchBytes }: BatchLimits): number {
  return Math.max(minBatchBytes, Math.floor(tooLargeBytes / 2))
}

/** What waits, and for what. */
export interface QueueLoad {
  readonly queuedItems: number
  /** All that waits, bytes. */
  readonly heldBytes: number
  /** A call counts for no more than a request holds: one that is larger goes alone. */
  readonly queuedBytes: number
  /** How long the request under way has been under way; 0 when there is none. */
  readonly inFlightMs: number
  /** What is left of a pause; 0 when there is none. */
  readonly pauseMs: number
}

/**
 * Whether one more call may wait: whoever would wait for long is better refused at once.
 *
 * While the cluster is quick the queue is wide. When it is slow or wants a pause, one request's worth may wait; when
 * requests had to be made smaller, two.
 */
export function admits(load: QueueLoad, batchBytes: number, limits: BatchLimits): boolean {
  if (load.queuedItems >= limits.maxQueuedItems || load.heldBytes >= limits.maxQueuedBytes) return false
  if (load.pauseMs > MAX_PAUSE_MS) return false
  if (load.inFlightMs > SLOW_MS || load.pauseMs > 0) return load.queuedBytes < batchBytes
  return batchBytes >= limits.maxBatchBytes || load.queuedBytes < 2 * batchBytes
}
