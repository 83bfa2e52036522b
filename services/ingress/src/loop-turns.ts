/** What webhooks may take of one turn of the event loop, ms: long enough that a turn's own price does not count. */
const SLICE_MS = 5

/** Divides the event loop's time between webhooks and everything else. */
export interface LoopTurns {
  /** Starts the work at once while this turn has time for it, otherwise in a later one, first come first. */
  run(work: () => void): void
  /** Call it when a connection was accepted. */
  accepted(): void
  /** Why nothing new should be taken; undefined while work begins in time. */
  problem(): string | undefined
}

interface Waiting {
  readonly sinceMs: number
  readonly start: () => void
}

/**
 * Creates the turns.
 *
 * Node accepts one connection in each turn of its event loop (libuv since 1.46), and in each turn serves every connection
 * that has something to say. Under full load a turn with hundreds of webhooks takes tens of milliseconds, and whoever is
 * still to be accepted may wait for minutes. So a turn works for 5 ms at most, and after an accepted connection, behind
 * which there may be more, for one webhook only.
 *
 * @param options.limitMs   the longest wait for a turn before nothing new should be taken
 * @param options.nowMs     monotonic
 * @param options.afterTurn calls back once in the next turn, after its reading
 */
export function createLoopTurns(options: {
  readonly limitMs: number
  readonly nowMs: () => number
  readonly afterTurn: (next: () => void) => void
}): LoopTurns {
  const { nowMs } = options
  const queue: Waiting[] = []
  let endsAtMs: number | undefined
  let isHurried = false

  /** Begins a turn's time, if it has not begun. */
  function begin(): void {
    if (endsAtMs !== undefined) return
    endsAtMs = nowMs() + SLICE_MS
    options.afterTurn(next)
  }

  function next(): void {
    endsAtMs = undefined
    if (queue.length === 0) {
      isHurried = false
      return
    }
    begin()
    if (isHurried) endTurn()
    isHurried = false
    do queue.shift()?.start()
    while (queue.length > 0 && hasTime())
  }

  function endTurn(): void {
    endsAtMs = Number.NEGATIVE_INFINITY
  }

  function hasTime(): boolean {
    return endsAtMs === undefined || nowMs() < endsAtMs
  }

  return {
    run(work) {
      if (queue.length === 0 && hasTime()) {
        begin()
        work()
      } else queue.push({ sinceMs: nowMs(), start: work })
    },
    accepted() {
      begin()
      endTurn()
      isHurried = true
    },
    problem() {
      const waitedMs = nowMs() - (queue[0]?.sinceMs ?? Number.POSITIVE_INFINITY)
      return waitedMs > options.limitMs ? `webhooks wait ${Math.round(waitedMs)} ms for their turn` : undefined
    },
  }
}
