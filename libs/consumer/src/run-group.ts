import { errorLogFields } from '@murmuration/errors'
import { type Assignment, KafkaUnavailableError, type SourceListener } from '@murmuration/kafka'
import { createCallBoard } from './call-board.ts'
import { commitTick } from './commit-tick.ts'
import type { ConsumerDeps } from './consumer-deps.ts'
import { createHolding, type Holding } from './holding.ts'
import { measureLag } from './measure-lag.ts'
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

/** Between two tries to ask Kafka what must be known, ms. */
const REPEAT_MS = 500
/** Between two looks at lag and retry topics, in commit ticks. */
const LOOK_EVERY = 5
/** A member that could commit nothing for so long is not ready, ms. */
const COMMIT_PATIENCE_MS = 30_000
/** Between two looks whether what is under way has ended, ms. */
const DRAIN_POLL_MS = 5

/** Joins the group, and consumes until it is closed or fails. */
export async function runGroup<E extends object>(
  deps: ConsumerDeps<E>,
  options: { readonly commitEveryMs: number },
): Promise<RunningConsumer> {
  const { consumer, source, clock, logger, metrics } = deps
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => undefined)
  const ticking = new AbortController()
  let assigned: { readonly epoch: number; readonly abort: AbortController } | undefined
  let holding: Holding | undefined
  let committing: Promise<unknown> = Promise.resolve()
  let committedMs = clock.monotonicMs()
  let closing: Promise<void> | undefined

  const fail = (error: unknown) => void close({ error })
  const board = createCallBoard(deps, { holding: () => holding, fail })

  /** One commit at a time: the drain's is the last of its assignment. */
  function commit(held: Holding): Promise<unknown> {
    committing = committing
      .then(async () => {
        if (held.abort.signal.aborted) return
        if (await commitTick(held, deps)) committedMs = clock.monotonicMs()
      })
      .catch(fail)
    return committing
  }

  /** Reads what was committed and sets the fences; only then is anything read or handled. */
  async function takeHold(assignment: Assignment, abort: AbortController): Promise<void> {
    const bounds = await untilAnswered(() => source.bounds(assignment.partitions), abort.signal)
    if (bounds === undefined || abort.signal.aborted) return
    const owner = Math.floor(clock.random() * 2 ** 32)
    const held = createHolding(assignment, bounds, deps, { abort, owner, changed: board.schedule, fail })
    const fences = held.runners.flatMap((runner) => runner.commitable('fence') ?? [])
    const fenced = await untilAnswered(() => source.commit(fences, assignment.epoch), abort.signal)
    if (fenced !== true || abort.signal.aborted) return
    holding = held
    committedMs = clock.monotonicMs()
    for (const runner of held.runners) runner.begin()
    logger.info('partitions are assigned', { partitions: held.runners.length, epoch: assignment.epoch })
    board.schedule()
  }

  async function untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof KafkaUnavailableError)) throw error
        logger.warn('Kafka does not answer; it is asked again', errorLogFields(error))
        await clock.delay(REPEAT_MS, signal)
      }
    }
    return undefined
  }

  const listener: SourceListener = {
    assigned(assignment) {
      const abort = new AbortController()
      assigned = { epoch: assignment.epoch, abort }
      takeHold(assignment, abort).catch(fail)
    },
    records(batch) {
      if (holding?.epoch !== batch.epoch) return
      holding.runnerOf(batch)?.receive(batch)
      board.schedule()
    },
    expired(gap) {
      metrics.count('murmuration_consumer_expired_records_total', { group: consumer.groupId }, gap.to - gap.from)
      logger.error('records expired before they were read', { group: consumer.groupId, ...gap })
    },
    async drain(epoch) {
      const held = holding
      if (held?.epoch !== epoch) return
      for (const runner of held.runners) runner.feed({ kind: 'drain' })
      while (!held.abort.signal.aborted && !(board.underWay() === 0 && held.idle())) {
        await clock.delay(DRAIN_POLL_MS, held.abort.signal)
      }
      await commit(held)
    },
    lost(epoch) {
      if (assigned?.epoch !== epoch) return
      const repeats = sum(holding?.runners.map((runner) => runner.uncommitted()) ?? []) + board.underWay()
      if (repeats > 0) metrics.count('murmuration_consumer_repeats_total', { group: consumer.groupId }, repeats)
      assigned.abort.abort()
      assigned = undefined
      holding = undefined
      board.abandon()
    },
    failed: fail,
  }

  async function tick(): Promise<void> {
    for (let count = 0; !ticking.signal.aborted; count += 1) {
      await clock.delay(options.commitEveryMs, ticking.signal)
      board.watch()
      board.schedule()
      if (holding === undefined || ticking.signal.aborted) continue
      await commit(holding)
      if (count % LOOK_EVERY === 0 && holding !== undefined) {
        measureLag(holding, { waiting: board.waits() }, deps)
        await trimRetryTopics(holding, deps)
      }
    }
  }

  async function shutDown(cause: { readonly error?: unknown }): Promise<void> {
    if ('error' in cause) logger.error('the consumer stops', errorLogFields(cause.error))
    await source.close().catch((error: unknown) => logger.warn('the group was not left', errorLogFields(error)))
    ticking.abort()
    if ('error' in cause) ended.reject(cause.error)
    else ended.resolve()
  }
  function close(cause: { readonly error?: unknown } = {}): Promise<void> {
    closing ??= shutDown(cause)
    return closing
  }

  function problem(): string | undefined {
    const known = source.problem() ?? board.problem()
    if (known !== undefined) return known
    if (holding === undefined) return 'has not taken hold of its partitions yet'
    const forMs = clock.monotonicMs() - committedMs
    return forMs > COMMIT_PATIENCE_MS ? `has not committed for ${Math.round(forMs / 1_000)} s` : undefined
  }

  await source.start(listener)
  void tick()
  return { ended: ended.promise, problem, close: () => close() }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
