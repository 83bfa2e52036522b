/** One timer for many times: it fires at the earliest that it was asked for, once. */
export interface EarliestTimer {
  /** Asks for a time, on the timer's clock, ms. Infinity asks for nothing. */
  at(atMs: number): void
  clear(): void
}

/** Creates a timer. It holds the process while it waits. @param nowMs monotonic, ms */
export function createEarliestTimer(fire: () => void, nowMs: () => number): EarliestTimer {
  let timer: NodeJS.Timeout | undefined
  let firesAtMs = Number.POSITIVE_INFINITY

  function clear(): void {
    clearTimeout(timer)
    firesAtMs = Number.POSITIVE_INFINITY
  }

  return {
    clear,
    at(atMs) {
      if (atMs >= firesAtMs) return
      clear()
      firesAtMs = atMs
      const fireNow = () => {
        firesAtMs = Number.POSITIVE_INFINITY
        fire()
      }
      timer = setTimeout(fireNow, Math.max(1, Math.ceil(atMs - nowMs())))
    },
  }
}
