import { errorLogFields } from '@murmuration/errors'
import { commitTick } from './commit-tick.ts'
import type { ConsumerDeps } from './consumer-deps.ts'
import { processRecord } from './process-record.ts'

/** How a consumer runs. */
export interface RunOptions {
  /** Records in work at once; those of one partition never overlap. */
  readonly concurrency: number
  /** Between two commits, ms. */
  readonly commitEveryMs: number
  /** Longest wait for handlers under way when it stops, ms. */
  readonly drainMs: number
}

/** A consumer that runs. */
export interface RunningConsumer {
  /** Settles when the consumer has ended; rejects with what stopped it. */
  readonly ended: Promise<void>
  /** Starts nothing new, waits for what is under way, commits, leaves the group. Safe to call again. */
  close(): Promise<void>
}

/** Starts a consumer on a source that has joined its group. */
export function runConsumer<E extends object>(deps: ConsumerDeps<E>, options: RunOptions): RunningConsumer {
  const stopping = new AbortController()
  const ticking = new AbortController()
  const each = Array.from({ length: options.concurrency }, () => work(deps, stopping.signal))
  const workers = Promise.all(each)
  const ticks = tick(deps, options.commitEveryMs, ticking.signal)
  let closing: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    stopping.abort()
    deps.source.stop()
    // All of them: one that has failed must not cut off what the others have under way.
    await Promise.race([Promise.allSettled(each), deps.clock.delay(options.drainMs, ticking.signal)])
    ticking.abort()
    await ticks.catch(() => undefined)
    await commitTick(deps).catch((error: unknown) => deps.logger.error('the last commit failed', errorLogFields(error)))
    await deps.source.close()
  }
  function close(): Promise<void> {
    closing ??= shutDown()
    return closing
  }

  // The first failure of a worker or of a commit ends the consumer; `close` then leaves the group.
  const ended = Promise.all([workers, ticks]).then(
    () => close(),
    async (error: unknown) => {
      await close()
      throw error
    },
  )
  return { ended, close }
}

async function work<E extends object>(deps: ConsumerDeps<E>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    const delivery = await deps.source.next()
    if (delivery === undefined) return
    await processRecord(delivery, stopping, deps)
  }
}

async function tick<E extends object>(deps: ConsumerDeps<E>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deps.clock.delay(everyMs, signal)
    await commitTick(deps)
  }
}
