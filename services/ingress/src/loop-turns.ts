/** What webhooks may take of one turn of the event loop: some milliseconds, in which a turn's own price does not count. */
const MAX_WEBHOOKS = 32
/** Their bodies together, bytes; one that is larger has a turn of its own. */
const MAX_BYTES = 262_144

/** Divides the event loop's time between webhooks and everything else. */
export interface LoopTurns {
  /**
   * Starts the work once all that can be read at present has been read: in this turn while it has room, otherwise in a later
   * one, first come first. All work of a turn starts at once, so what it awaits is done by one after the other.
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
 * still to be accepted may wait for minutes. So a turn takes 32 webhooks at most, and after an accepted connection, behind
 * which there may be more, one.
 *
 * @param options.limitMs   the longest wait for a turn before nothing new should be taken
 * @param options.nowMs     monotonic
 * @param options.afterRead calls back once, when what can be read in this turn has been read
 */
export function createLoopTurns(options: {
  readonly limitMs: number
  readonly nowMs: () => number
  readonly afterRead: (start: () => void) => void
}): LoopTurns {
  const { nowMs } = options
  const queue: Waiting[] = []
  let isAsked = false
  let isHurried = false

  function ask(): void {
    if (isAsked) return
    isAsked = true
    options.afterRead(start)
  }

  function start(): void {
    isAsked = false
    const most = isHurried ? 1 : MAX_WEBHOOKS
    isHurried = false
    let bytes = 0
    for (let count = 0; count < most; count += 1) {
      const first = queue[0]
      if (first === undefined) return
      bytes += first.bytes
      if (count > 0 && bytes > MAX_BYTES) break
      queue.shift()
      first.start()
    }
    if (queue.length > 0) ask()
  }

  return {
    run(work, bytes) {
      queue.push({ sinceMs: nowMs(), bytes, start: work })
      ask()
    },
    accepted() {
      isHurried = true
      ask()
    },
    problem() {
      const waitedMs = nowMs() - (queue[0]?.sinceMs ?? Number.POSITIVE_INFINITY)
      return waitedMs > options.limitMs ? `webhooks wait ${Math.round(waitedMs)} ms for their turn` : undefined
    },
  }
}
