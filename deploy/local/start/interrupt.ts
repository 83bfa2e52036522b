/** Signals this close together are one Ctrl-C: the terminal sends it to the group, and npm passes it on once more. */
const SAME_PRESS_MS = 700

/** The user's wish to end. */
export interface Interrupt {
  /** Aborted at the first Ctrl-C (or SIGTERM, SIGHUP). */
  readonly signal: AbortSignal
  /** Resolves at the first Ctrl-C. */
  readonly once: Promise<void>
}

/**
 * Listens for Ctrl-C.
 *
 * @param onSecond called when it comes again: the user does not want to wait for an orderly end
 */
export function listenForInterrupt(onSecond: () => void): Interrupt {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAt: number | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const now = performance.now()
      if (firstAt === undefined) {
        firstAt = now
        controller.abort()
        resolve()
      } else if (now - firstAt > SAME_PRESS_MS) onSecond()
    })
  }
  return { signal: controller.signal, once: promise }
}
