import {
  admits,
  type BatchLimits,
  isRefusedByPause,
  isTooLate,
  largestAfter,
  nextBatchBytes,
  REMEMBERED_MS,
} from './batch-limit.ts'
import { createEarliestTimer } from './earliest-timer.ts'
import { type Outcome, type SentBatch, toResult } from './sent-batch.ts'

/** Fewer than these are few: more go at once. */
const FEW_ITEMS = 16

/** One call's items and its promise. */
interface Entry<T, R> {
  readonly items: readonly T[]
  readonly heldBytes: number
  /** No more than a request holds: a call that is larger goes alone. */
  readonly bytes: number
  readonly deadlineAtMs: number
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
  /** True once its promise is settled: nobody waits any more. */
  settled: boolean
}

/** The request under way. */
interface Flight<T, R> {
  readonly entries: readonly Entry<T, R>[]
  readonly startedAtMs: number
  readonly abort: AbortController
}

/** What a group commit needs. */
export interface GroupCommitOptions<T, R> {
  /**
   * Sends the calls of one request, in order.
   *
   * @param signal aborted when nobody waits for the request any more; what it has not sent by then it must never send
   * @throws the request failed as a whole
   */
  readonly send: (calls: readonly (readonly T[])[], signal: AbortSignal) => Promise<SentBatch<R>>
  readonly sizeOf: (item: T) => number
  /** Whether an error is the cluster's no to one record, and no sign that the cluster is not well. */
  readonly isRefusal: (error: unknown) => boolean
  readonly limits: BatchLimits
  /**
   * Least time from the start of one request to the start of the next while few items wait, ms. A request has a price of
   * its own, on both sides: at 5,000 calls a second a gap of 1 ms halves the CPU time.
   */
  readonly gapMs: number
  /** Longest wait of a call, ms. */
  readonly deadlineMs: number
  /** Monotonic, ms. */
  readonly nowMs: () => number
  readonly toError: (what: 'deadline' | 'late' | 'overloaded') => Error
}

/** One request in flight; what arrives meanwhile goes together in the next one. */
export interface GroupCommit<T, R> {
  /** Whether `add` would take a call now. */
  admits(): boolean
  /**
   * Resolves when the items were sent.
   *
   * @param sinceMs from when its deadline counts; without it, from now
   * @throws why they were not, within the deadline whatever `send` does
   */
  add(items: readonly T[], sinceMs?: number): Promise<R>
  load(): { readonly queuedItems: number; readonly queuedBytes: number; readonly batchBytes: number }
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>
}

/**
 * Creates a group commit: the busier it is the larger its batches, and order is the call order.
 *
 * A call whose deadline passes while it is queued is never sent; one in flight may still arrive. A request for which
 * nobody waits any more is left behind, so that one that hangs does not hold up the next.
 */
export function createGroupCommit<T, R>(options: GroupCommitOptions<T, R>): GroupCommit<T, R> {
  const { nowMs } = options
  let { limits } = options
  let shrunkUntilMs = Number.NEGATIVE_INFINITY
  let queue: Entry<T, R>[] = []
  let queuedItems = 0
  let queuedBytes = 0
  let heldBytes = 0
  let batchBytes = limits.maxBatchBytes
  let flight: Flight<T, R> | undefined
  let pausedUntilMs = 0
  let startedAtMs = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined
  const deadlines = createEarliestTimer(sweep, nowMs)

  function takeBatch(): readonly Entry<T, R>[] {
    const now = nowMs()
    let items = 0
    let bytes = 0
    let end = 0
    const batch: Entry<T, R>[] = []
    for (const entry of queue) {
      const isFull = items + entry.items.length > limits.maxBatchItems || bytes + entry.bytes > batchBytes
      if (batch.length > 0 && isFull) break
      end += 1
      queuedItems -= entry.items.length
      queuedBytes -= entry.bytes
      heldBytes -= entry.heldBytes
      // A busy loop comes here before its timers.
      if (entry.deadlineAtMs <= now) settle(entry, { error: options.toError('deadline') })
      if (entry.settled) continue
      items += entry.items.length
      bytes += entry.bytes
      batch.push(entry)
    }
    queue = end === queue.length ? [] : queue.slice(end)
    return batch
  }

  async function run(): Promise<void> {
    // Yield once, so that calls of the same tick share the first batch.
    await Promise.resolve()
    while (queue.length > 0) {
      const pauseMs = Math.max(pausedUntilMs, queuedItems < FEW_ITEMS ? startedAtMs + options.gapMs : 0) - nowMs()
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, Math.ceil(pauseMs)))
      const entries = takeBatch()
      if (entries.length > 0) await sendBatch(entries)
    }
    running = undefined
    deadlines.clear()
  }

  async function sendBatch(entries: readonly Entry<T, R>[]): Promise<void> {
    const current = { entries, startedAtMs: nowMs(), abort: new AbortController() }
    flight = current
    startedAtMs = current.startedAtMs
    const sent = await resultOf(current, options)
    flight = undefined
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    const { pauseMs = 0, outcomes, isTooLarge = false } = sent ?? {}
    const durationMs = nowMs() - current.startedAtMs
    const ended = { result: toResult(outcomes, options.isRefusal), bytes, durationMs, pauseMs }
    limits = isTooLarge ? shrink(bytes) : nowMs() > shrunkUntilMs ? options.limits : limits
    batchBytes = Math.min(nextBatchBytes(batchBytes, ended, limits), limits.maxBatchBytes)
    pausedUntilMs = nowMs() + pauseMs
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes?.[index]
      if (outcome !== undefined) settle(entry, outcome)
    }
    for (const entry of queue) {
      const leftMs = entry.deadlineAtMs - nowMs()
      if (isRefusedByPause(leftMs, { deadlineMs: options.deadlineMs, pauseMs })) {
        settle(entry, { error: options.toError('overloaded') })
      }
    }
    dropSettled()
  }

  function shrink(tooLargeBytes: number): BatchLimits {
    shrunkUntilMs = nowMs() + REMEMBERED_MS
    return { ...limits, maxBatchBytes: largestAfter(tooLargeBytes, limits) }
  }

  /** Lets go of the calls in the queue for which nobody waits any more. */
  function dropSettled(): void {
    if (queue.every((entry) => !entry.settled)) return
    queue = queue.filter((entry) => !entry.settled)
    queuedItems = queue.reduce((sum, entry) => sum + entry.items.length, 0)
    queuedBytes = queue.reduce((sum, entry) => sum + entry.bytes, 0)
    heldBytes = queue.reduce((sum, entry) => sum + entry.heldBytes, 0)
  }

  /** Fails every call whose deadline has passed. */
  function sweep(): void {
    const now = nowMs()
    let nextMs = Number.POSITIVE_INFINITY
    const open = [...(flight?.entries ?? []), ...queue]
    for (const entry of open) {
      if (entry.settled) continue
      if (entry.deadlineAtMs <= now) settle(entry, { error: options.toError('deadline') })
      else nextMs = Math.min(nextMs, entry.deadlineAtMs)
    }
    if (flight?.entries.every((entry) => entry.settled)) flight.abort.abort()
    dropSettled()
    deadlines.at(nextMs)
  }

  function admitsAt(now: number): boolean {
    const inFlightMs = flight === undefined ? 0 : now - flight.startedAtMs
    return admits(
      { queuedItems, queuedBytes, heldBytes, inFlightMs, pauseMs: Math.max(0, pausedUntilMs - now) },
      batchBytes,
      limits,
    )
  }

  return {
    admits: () => admitsAt(nowMs()),
    add(items, sinceMs) {
      const now = nowMs()
      if (!admitsAt(now)) return Promise.reject(options.toError('overloaded'))
      const deadlineAtMs = (sinceMs ?? now) + options.deadlineMs
      if (isTooLate(deadlineAtMs - now, options)) return Promise.reject(options.toError('late'))
      let held = 0
      for (const item of items) held += options.sizeOf(item)
      const bytes = Math.min(held, limits.maxBatchBytes)
      const { promise, resolve, reject } = Promise.withResolvers<R>()
      queue.push({ items, heldBytes: held, bytes, deadlineAtMs, resolve, reject, settled: false })
      queuedItems += items.length
      queuedBytes += bytes
      heldBytes += held
      running ??= run()
      deadlines.at(deadlineAtMs)
      return promise
    },
    load: () => ({ queuedItems, queuedBytes, batchBytes }),
    idle: () => running ?? Promise.resolve(),
  }
}

/** What became of a request; undefined when it was left behind. Never rejects. */
async function resultOf<T, R>(
  flight: Flight<T, R>,
  options: GroupCommitOptions<T, R>,
): Promise<SentBatch<R> | undefined> {
  const { signal } = flight.abort
  const leftBehind = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const calls = flight.entries.map((entry) => entry.items)
  const sent = options
    .send(calls, signal)
    .catch((error: unknown): SentBatch<R> => ({ outcomes: calls.map(() => ({ error })), pauseMs: 0 }))
  return Promise.race([sent, leftBehind])
}

function settle<T, R>(entry: Entry<T, R>, outcome: Outcome<R>): void {
  if (entry.settled) return
  entry.settled = true
  if ('error' in outcome) entry.reject(outcome.error)
  else entry.resolve(outcome.result)
}
