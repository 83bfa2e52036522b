import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, handed in so that tests drive them. */
export interface Clock {
  /** Epoch ms. */
  now(): number
  /** Monotonic ms, of the same zero as the lease of the source. */
  monotonicMs(): number
  /** Resolves after `ms`, or early and without an error when the signal is aborted. */
  delay(ms: number, signal: AbortSignal): Promise<void>
  /** 0 to 1. */
  random(): number
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  delay: async (ms, signal) => {
    await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined)
  },
  random: () => Math.random(),
}
