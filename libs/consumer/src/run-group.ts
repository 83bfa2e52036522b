import { errorLogFields } from '@murmuration/errors'
import type { SourceListener } from '@murmuration/kafka'
import { createCallBoard } from './call-board.ts'
import { type CommitEnd, commitTick } from './commit-tick.ts'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { Holding } from './holding.ts'
import { askHighWatermarks, measureLag } from './measure-lag.ts'
import type { PartitionRunner } from './partition-runner.ts'
import { takeHold } from './take-hold.ts'
import { trimRetryTopics } from './trim-retry-topics.ts'

/** A consumer that runs. */
export interface RunningConsumer {
  /** Settles when the consumer has ended; rejects with what stopped it. */
  readonly ended: Promise<void>
  /** Why it makes no progress; undefined while it does. */
  problem(): string | undefined
  /** Starts nothing new, waits for what is under way, commits, leaves the group. Safe to call again. */
  close(): Promise<void>
}

/** Between two looks at deadlines and at what is due, ms. */
const WATCH_EVERY_MS = 200
/** Between two looks at lag and retry topics, ms. */
const LOOK_EVERY_MS = 1_000
/** A member that could not commit, or set records aside, for so long is not ready, ms. */
const PATIENCE_MS = 30_000
/** Between two looks whether what is under way has ended, and two tries of the last commit, ms. */
const DRAIN_POLL_MS = 5
const LAST_COMMIT_EVERY_MS = 100

/** Joins the group, and consumes until it is closed or fails. */
export async function runGroup<E extends object>(
  deps: ConsumerDeps<E>,
  options: { readonly commitEveryMs: number },
): Promise<RunningConsumer> {
  const { consumer, source, clock, logger, metrics } = deps
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => undefined)
  const ticking = new AbortController()
  /** The assignment, and what is held of it once that is known. */
  let current: { readonly epoch: number; readonly abort: AbortController; readonly holding?: Holding } | undefined
  let committing: Promise<CommitEnd | undefined> = Promise.resolve(undefined)
  let committedMs = clock.monotonicMs()
  let failure: { readonly error: unknown } | undefined
  let closing: Promise<void> | undefined

  /** The first failure is what the consumer ends with, also when it is closing already. */
  function fail(error: unknown): void {
    const message = failure === undefined ? 'the consumer stops' : 'the consumer, which stops, failed once more'
    logger.error(message, { group: consumer.groupId, ...errorLogFields(error) })
    failure ??= { error }
    void close()
  }
  const holding = () => current?.holding
  const board = createCallBoard(deps, { holding, fail })

  /** One commit at a time: the drain's is the last of its assignment. */
  function commit(held: Holding): Promise<CommitEnd | undefined> {
    committing = committing
      .then(async () => {
        if (held.abort.signal.aborted) return undefined
        const end = await commitTick(held, deps)
        const isFull = held.runners.some((runner) => runner.reluctance() === 'metadata')
        if (!isFull && (end === 'nothing' || end === 'committed')) committedMs = clock.monotonicMs()
        return end
      })
      .catch((error: unknown) => {
        fail(error)
        return undefined
      })
    return committing
  }

  function begin(held: Holding, runners: readonly PartitionRunner[]): void {
    committedMs = clock.monotonicMs()
    for (const runner of runners) runner.begin()
    const untaken = held.untaken().length
    logger.info('partitions are taken', { partitions: runners.length, untaken, epoch: held.epoch })
    board.schedule()
  }

  const listener: SourceListener = {
    assigned(assignment) {
      const { epoch } = assignment
      const abort = new AbortController()
      current = { epoch, abort }
      const taken = (holding: Holding, runners: readonly PartitionRunner[]) => {
        current = { epoch, abort, holding }
        begin(holding, runners)
      }
      takeHold(assignment, deps, { abort, changed: board.schedule, fail, taken }).catch(fail)
    },
    records(batch) {
      const held = holding()
      if (held?.epoch !== batch.epoch) return
      held.runnerOf(batch)?.receive(batch)
      board.schedule()
    },
    expired(gap) {
      metrics.count('murmuration_consumer_expired_records_total', { group: consumer.groupId }, gap.to - gap.from)
      logger.error('records expired before they were read', { group: consumer.groupId, ...gap })
      holding()?.runnerOf(gap)?.skip(gap, gap.to)
      board.schedule()
    },
    async drain(epoch) {
      const held = holding()
      if (held?.epoch !== epoch) return
      held.drain()
      while (!held.abort.signal.aborted && !(board.underWay() === 0 && held.idle())) {
        await clock.delay(DRAIN_POLL_MS, held.abort.signal)
      }
      while ((await commit(held)) === 'failed') await clock.delay(LAST_COMMIT_EVERY_MS, held.abort.signal)
    },
    lost(epoch) {
      if (current?.epoch !== epoch) return
      const repeats = sum(holding()?.runners.map((runner) => runner.uncommitted()) ?? []) + board.underWay()
      if (repeats > 0) metrics.count('murmuration_consumer_repeats_total', { group: consumer.groupId }, repeats)
      current.abort.abort()
      current = undefined
      board.abandon()
    },
    failed: fail,
  }

  /** Each in a loop of its own: deadlines must not wait for a commit that hangs. */
  function every(ms: number, step: (held: Holding | undefined) => unknown): void {
    const loop = async () => {
      while (!ticking.signal.aborted) {
        await clock.delay(ms, ticking.signal)
        if (!ticking.signal.aborted) await step(holding())
      }
    }
    loop().catch(fail)
  }
  function watch(): void {
    board.watch()
    board.schedule()
  }
  async function commitOnce(held: Holding | undefined): Promise<void> {
    if (held === undefined) return
    await commit(held)
    board.schedule()
  }
  async function look(held: Holding | undefined): Promise<void> {
    if (held !== undefined) await askHighWatermarks(held, deps)
    measureLag(holding(), { waiting: board.waits() }, deps)
  }

  async function shutDown(): Promise<void> {
    holding()?.drain()
    await source.close().catch((error: unknown) => logger.warn('the group was not left', errorLogFields(error)))
    ticking.abort()
    if (failure === undefined) ended.resolve()
    else ended.reject(failure.error)
  }
  function close(): Promise<void> {
    closing ??= shutDown()
    return closing
  }

  function problem(): string | undefined {
    const known = source.problem() ?? board.problem()
    if (known !== undefined) return known
    const held = holding()
    if (held === undefined) return 'has not taken hold of its partitions yet'
    const [untaken] = held.untaken()
    if (untaken !== undefined) return `can't ask Kafka for ${untaken.topic}-${untaken.partition}, see the log`
    const [leftOut] = held.leftOut
    if (leftOut !== undefined)
      return `does not read ${leftOut.topic}-${leftOut.partition}, which has no retry partition`
    const setAsideForMs = clock.monotonicMs() - (held.writesFailSinceMs() ?? Number.POSITIVE_INFINITY)
    if (setAsideForMs > PATIENCE_MS)
      return `has not set records aside for ${Math.round(setAsideForMs / 1_000)} s, see the log`
    const forMs = clock.monotonicMs() - committedMs
    if (forMs <= PATIENCE_MS) return undefined
    const full = held.runners.find((runner) => runner.reluctance() === 'metadata')?.main
    if (full !== undefined) return `can't commit ${full.topic}-${full.partition}: too many parked records lie apart`
    return `has not committed for ${Math.round(forMs / 1_000)} s`
  }

  await source.start(listener)
  every(WATCH_EVERY_MS, watch)
  every(options.commitEveryMs, commitOnce)
  every(LOOK_EVERY_MS, look)
  every(LOOK_EVERY_MS, (held) => held && trimRetryTopics(held, deps))
  return { ended: ended.promise, problem, close }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
