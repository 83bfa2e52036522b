/** Writes things one batch after the other: the next batch starts when the one before was acknowledged. */
export interface AppendQueue<T> {
  push(item: T): void
  /** Nothing waits and nothing is under way. */
  idle(): boolean
}

/** Largest batch; the publisher bounds bytes. */
const MAX_BATCH = 500

/**
 * Creates a queue on a write that resolves when all of its items are acknowledged, or to undefined when it gave up.
 *
 * Order in a retry topic is the order of the records there, so a batch that has to be repeated must not be overtaken.
 */
export function createAppendQueue<T, R>(
  write: (batch: readonly T[]) => Promise<R | undefined>,
  acknowledged: (item: T, receipt: R) => void,
): AppendQueue<T> {
  let waiting: T[] = []
  let writing = false

  async function drain(): Promise<void> {
    writing = true
    // One turn of the event loop: what fails in the same turn goes into the same request.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      const receipt = await write(batch)
      if (receipt === undefined) {
        waiting = []
        break
      }
      for (const item of batch) acknowledged(item, receipt)
    }
    writing = false
  }
  return {
    push(item) {
      waiting.push(item)
      if (!writing) void drain()
    },
    idle: () => !writing && waiting.length === 0,
  }
}
