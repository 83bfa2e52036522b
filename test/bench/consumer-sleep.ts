/** What a handler or the sink does instead of work. */
export type Sleep = (key: string) => Promise<true>

/**
 * Makes a sleep of 2.5 ms on the average, for calls that carry keys.
 *
 * Node's timers cut fractions off and so can't sleep 2.5 ms; calls of one key take 2 and 3 ms by turns. By key, since
 * with turns among all calls one key of an even number would always get the short ones.
 */
export function createTimerSleep(): Sleep {
  const long = new Map<string, boolean>()
  return (key) => {
    const turn = long.get(key) ?? false
    long.set(key, !turn)
    return new Promise((resolve) => setTimeout(resolve, turn ? 3 : 2, true))
  }
}

/** How long before its end a sleep is looked at in each turn of the event loop, ms: what a timer may oversleep. */
const WATCH_MS = 1.5

/**
 * Makes a sleep that ends at the first turn of the event loop after its time, to the microsecond: what a thread gets that
 * parks itself. Costs CPU, since the loop does not rest in the last millisecond.
 */
export function createExactSleep(workMs: number): Sleep {
  const sleepers: { readonly dueMs: number; readonly wake: (ok: true) => void }[] = []
  let watching = false

  function watch(): void {
    const nowMs = performance.now()
    let due = 0
    // All sleep equally long, so they end in the order in which they began.
    for (const { dueMs, wake } of sleepers) {
      if (dueMs > nowMs) break
      // Each in a callback of its own, as answers of a socket come.
      setImmediate(wake, true)
      due += 1
    }
    sleepers.splice(0, due)
    const [next] = sleepers
    watching = next !== undefined
    if (next === undefined) return
    if (next.dueMs - nowMs > WATCH_MS) setTimeout(watch, 1)
    else setImmediate(watch)
  }

  return () =>
    new Promise((wake) => {
      sleepers.push({ dueMs: performance.now() + workMs, wake })
      if (watching) return
      watching = true
      setImmediate(watch)
    })
}
