/** Writes things one batch after the other: the next batch starts when the one before was acknowledged. */
export interface WriteQueue<T> {
  push(item: T): void
  /** Nothing waits and nothing is under way. */
  idle(): boolean
}

/** Most items of a batch. */
const MAX_BATCH = 500
/** Most bytes of a batch that holds more than one item: far below the 4 MiB that the topics take, headers included. */
const MAX_BATCH_BYTES = 524_288

/**
 * Creates a queue on a write that resolves when all of its items are acknowledged, or to undefined when it gave up.
 *
 * Order in a retry topic is the order of the records there, so a batch that has to be repeated must not be overtaken. For
 * the same reason a queue whose write gave up takes nothing any more: what comes behind the gap would stand before it.
 */
export function createWriteQueue<T, R>(ports: {
  readonly write: (batch: readonly T[]) => Promise<R | undefined>
  readonly bytesOf: (item: T) => number
  readonly acknowledged: (item: T, receipt: R) => void
  /** The write threw, or `acknowledged` did. */
  readonly fail: (error: unknown) => void
}): WriteQueue<T> {
  let waiting: T[] = []
  let writing = false
  let gaveUp = false

  function takeBatch(): readonly T[] {
    let [length, bytes] = [0, 0]
    for (const item of waiting.slice(0, MAX_BATCH)) {
      bytes += ports.bytesOf(item)
      if (length > 0 && bytes > MAX_BATCH_BYTES) break
      length += 1
    }
    return waiting.splice(0, length)
  }
  async function writeAll(): Promise<void> {
    // One turn of the event loop: what fails in the same turn goes into the same request.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = takeBatch()
      const receipt = await ports.write(batch)
      if (receipt === undefined) {
        gaveUp = true
        waiting = []
      } else for (const item of batch) ports.acknowledged(item, receipt)
    }
  }
  function start(): void {
    writing = true
    writeAll()
      .catch((error: unknown) => {
        gaveUp = true
        waiting = []
        ports.fail(error)
      })
      .finally(() => {
        writing = false
        if (waiting.length > 0) start()
      })
  }
  return {
    push(item) {
      if (gaveUp) return
      waiting.push(item)
      if (!writing) start()
    },
    idle: () => !writing && waiting.length === 0,
  }
}
