/** Signals this close together are one Ctrl-C: the terminal sends it to the group, and npm passes it on once more. */
const SAME_PRESS_MS = 700

/** The user's wish to end. */
export interface Interrupt {
  /** Aborted at the first Ctrl-C (or SIGTERM, SIGHUP). */
  readonly signal: AbortSignal
  /** Resolves at the first Ctrl-C. */
  readonly once: Promise<void>
}

/** How often the parent is looked for, ms. */
const PARENT_CHECK_MS = 1_000

/**
 * Listens for Ctrl-C, and for the end of the process that started this one.
 *
 * @param options.parent   pid of the npm that runs this script; when it is gone, so is the user. A SIGKILL tells nobody
 * @param options.onSecond called when Ctrl-C comes again: the user does not want to wait for an orderly end
 */
export function listenForInterrupt(options: {
  readonly parent: number | undefined
  readonly onSecond: () => void
}): Interrupt {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAt: number | undefined

  function interrupt(): void {
    firstAt = performance.now()
    controller.abort()
    resolve()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (firstAt === undefined) interrupt()
      else if (performance.now() - firstAt > SAME_PRESS_MS) options.onSecond()
    })
  }
  if (options.parent !== undefined) {
    setInterval(() => {
      if (process.ppid !== options.parent && firstAt === undefined) interrupt()
    }, PARENT_CHECK_MS).unref()
  }
  return { signal: controller.signal, once: promise }
}
