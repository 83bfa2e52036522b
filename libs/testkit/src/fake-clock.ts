/** A clock that stands still until a test moves it. */
export interface FakeClock {
  /** Epoch ms. */
  readonly now: () => number
  /** Moves time forward and wakes sleepers that are due, earliest first. */
  advance(ms: number): void
  /** Resolves once time has moved by `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** How many sleeps are pending. */
  sleepers(): number
}

/** @param startMs epoch ms; 2026-01-01T00:00:00Z where not given */
export function createFakeClock(startMs = 1_767_225_600_000): FakeClock {
  let nowMs = startMs
  const sleepers = new Set<{ readonly dueAtMs: number; readonly wake: () => void }>()
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms
      const due = [...sleepers].filter((sleeper) => sleeper.dueAtMs <= nowMs).sort((a, b) => a.dueAtMs - b.dueAtMs)
      for (const sleeper of due) {
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
    sleep: (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      if (signal?.aborted === true) reject(signal.reason)
      const sleeper = { dueAtMs: nowMs + ms, wake: resolve }
      if (signal?.aborted !== true) sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        sleepers.delete(sleeper)
        reject(signal.reason)
      })
      return promise
    },
    sleepers: () => sleepers.size,
  }
}
