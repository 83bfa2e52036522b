/** Webhooks that start together. */
const BATCH = 32
/** Their bodies together, bytes; one that is larger starts by itself. */
const BATCH_BYTES = 262_144
/** What webhooks may take of one turn of the event loop, ms. A batch that has begun is ended. */
const SLICE_MS = 5

/** Divides the event loop's time between webhooks and everything else. */
export interface LoopTurns {
  /**
   * Call it while the loop reads. Starts the work, first come first, when all that can be read in this turn has been read;
   * what this turn has no time for, in a later one. The works of a batch start together, and so go step by step where they
   * await something resolved: the first step of each, then the second of each.
   *
   * @param bytes how large the webhook is
   */
  run(work: () => void, bytes: number): void
  /** Call it when a connection was accepted. */
  accepted(): void
  /** Why nothing new should be taken; undefined while work begins in time. */
  problem(): string | undefined
}

interface Waiting {
  readonly sinceMs: number
  readonly bytes: number
  readonly start: () => void
}

/**
 * Creates the turns.
 *
 * Node accepts one connection in each turn of its event loop (libuv since 1.46), and in each turn serves every connection
 * that has something to say. Under full load a turn with hundreds of webhooks takes tens of milliseconds, and whoever is
 * still to be accepted may wait for minutes. So webhooks take 5 ms of a turn, and after an accepted connection, behind
 * which there may be more, one webhook's time.
 *
 * @param options.limitMs   the longest wait for a turn before nothing new should be taken
 * @param options.nowMs     monotonic
 * @param options.afterRead calls back once, when what can be read in this turn has been read; of several calls each gets a
 *   place of its own, with its microtasks
 */
export function createLoopTurns(options: {
  readonly limitMs: number
  readonly nowMs: () => number
  readonly afterRead: (start: () => void) => void
}): LoopTurns {
  const { nowMs } = options
  const queue: Waiting[] = []
  /** Calls that `afterRead` still owes us: one for each 32 that wait. What a batch leaves for its bytes has a turn more. */
  let planned = 0
  /** Of this turn; undefined before its first batch. */
  let endsAtMs: number | undefined
  let isHurried = false

  function plan(): void {
    planned += 1
    options.afterRead(startPlanned)
  }

  function startPlanned(): void {
    planned -= 1
    if (endsAtMs === undefined) {
      endsAtMs = nowMs() + SLICE_MS
      start(isHurried ? 1 : BATCH)
    } else if (!isHurried && nowMs() < endsAtMs) start(BATCH)
    if (planned > 0) return
    endsAtMs = undefined
    isHurried = false
    for (let left = queue.length; left > 0; left -= BATCH) plan()
  }

  function start(most: number): void {
    let bytes = 0
    let count = 0
    for (const next of queue) {
      bytes += next.bytes
      if (count === most || (count > 0 && bytes > BATCH_BYTES)) break
      count += 1
    }
    for (const first of queue.splice(0, count)) first.start()
  }

  return {
    run(work, bytes) {
      queue.push({ sinceMs: nowMs(), bytes, start: work })
      if (planned * BATCH < queue.length) plan()
    },
    accepted() {
      isHurried = true
      if (planned === 0) plan()
    },
    problem() {
      const waitedMs = nowMs() - (queue[0]?.sinceMs ?? Number.POSITIVE_INFINITY)
      return waitedMs > options.limitMs ? `webhooks wait ${Math.round(waitedMs)} ms for their turn` : undefined
    },
  }
}
