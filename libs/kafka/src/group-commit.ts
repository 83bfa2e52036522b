/** One call's items and its promise. */
interface Entry<T> {
  readonly items: readonly T[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** True once its deadline has passed: nobody waits any more. */
  abandoned: boolean
}

/** What a group commit needs. */
export interface GroupCommitOptions<T> {
  /** Sends one batch; all or nothing. */
  readonly send: (items: readonly T[]) => Promise<void>
  /** Whether a failed batch is worth sending entry by entry, so that one bad entry fails alone. */
  readonly splits: (error: unknown) => boolean
  readonly maxItemsPerBatch: number
  /** Items that may wait; more are refused at once. */
  readonly maxQueuedItems: number
  readonly deadlineMs: number
  readonly toDeadlineError: (what: 'deadline' | 'queue-full') => Error
}

/** One request in flight; what arrives meanwhile goes together in the next one. */
export interface GroupCommit<T> {
  /** Resolves when the items were sent. @throws what `send` threw, or the deadline error */
  add(items: readonly T[]): Promise<void>
  queuedItems(): number
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>
}

/**
 * Creates a group commit: the busier it is the larger its batches, and order is the call order.
 *
 * An entry whose deadline passes while it is queued is never sent; one in flight may still arrive.
 */
export function createGroupCommit<T>(options: GroupCommitOptions<T>): GroupCommit<T> {
  const queue: Entry<T>[] = []
  let queuedItems = 0
  let running: Promise<void> | undefined

  function takeBatch(): Entry<T>[] {
    const batch: Entry<T>[] = []
    let items = 0
    while (queue.length > 0 && (items === 0 || items + (queue[0]?.items.length ?? 0) <= options.maxItemsPerBatch)) {
      const entry = queue.shift()
      if (entry === undefined) break
      queuedItems -= entry.items.length
      if (entry.abandoned) continue
      items += entry.items.length
      batch.push(entry)
    }
    return batch
  }

  async function run(): Promise<void> {
    // Yield once, so that calls of the same tick share the first batch.
    await Promise.resolve()
    while (queue.length > 0) {
      const batch = takeBatch()
      if (batch.length > 0) await sendBatch(batch, options)
    }
    running = undefined
  }

  return {
    add(items) {
      if (queuedItems + items.length > options.maxQueuedItems) {
        return Promise.reject(options.toDeadlineError('queue-full'))
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const entry: Entry<T> = { items, resolve, reject, abandoned: false }
      const timer = setTimeout(() => {
        entry.abandoned = true
        reject(options.toDeadlineError('deadline'))
      }, options.deadlineMs)
      queue.push(entry)
      queuedItems += items.length
      running ??= run()
      return promise.finally(() => clearTimeout(timer))
    },
    queuedItems: () => queuedItems,
    idle: () => running ?? Promise.resolve(),
  }
}

async function sendBatch<T>(batch: readonly Entry<T>[], options: GroupCommitOptions<T>): Promise<void> {
  try {
    await options.send(batch.flatMap((entry) => entry.items))
    for (const entry of batch) entry.resolve()
  } catch (error) {
    if (batch.length === 1 || !options.splits(error)) {
      for (const entry of batch) entry.reject(error)
      return
    }
    for (const entry of batch) await sendBatch([entry], options)
  }
}
