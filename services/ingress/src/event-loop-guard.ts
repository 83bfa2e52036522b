/** How often the loop is looked at, ms. */
const EVERY_MS = 50

/** Tells when the event loop is so late that new work would only wait. */
export interface EventLoopGuard {
  /** How late the loop was when it was last looked at, ms. */
  lateMs(): number
  /** Why nothing new should be taken; undefined when the loop is in time. */
  problem(): string | undefined
  close(): void
}

/**
 * Starts looking at the event loop: a timer that is late says that everything else is, too.
 *
 * @param options.limitMs above it the loop counts as overloaded
 * @param options.nowMs   monotonic
 */
export function startEventLoopGuard(options: {
  readonly limitMs: number
  readonly nowMs: () => number
}): EventLoopGuard {
  let dueAtMs = options.nowMs() + EVERY_MS
  let lateMs = 0
  const timer = setInterval(() => {
    const now = options.nowMs()
    lateMs = Math.max(0, now - dueAtMs)
    dueAtMs = now + EVERY_MS
  }, EVERY_MS)
  timer.unref()
  return {
    lateMs: () => lateMs,
    problem: () => (lateMs > options.limitMs ? `the event loop is ${Math.round(lateMs)} ms late` : undefined),
    close: () => clearInterval(timer),
  }
}
