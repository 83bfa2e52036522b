import type { Delivery, KafkaRecord, PartitionSource, Position } from '@murmuration/kafka'

/** A source in memory: what a test gives it comes out one by one, and what is done with it is written down. */
export interface FakeSource extends PartitionSource {
  /** Makes a record available. */
  give(record: KafkaRecord): Delivery
  /** A new assignment: deliveries of the old one are stale and their signals aborted. */
  reassign(): void
  /** Ends the membership with an error, as a group does that was refused. */
  fail(error: Error): void
  /** Every later commit fails with this; undefined lets it pass again. */
  refuseCommits(error: Error | undefined): void
  /** topic:partition:offset of every record marked done in the assignment that stands. */
  readonly settled: readonly string[]
  /** Every commit that got through. */
  readonly commits: readonly (readonly Position[])[]
  readonly closed: () => boolean
}

/**
 * Creates a source that writes `done …`, `commit …` and `close` into a journal, which others may share.
 *
 * Unlike the real one it hands out records of one partition side by side when asked to.
 */
export function createFakeSource(journal: string[] = []): FakeSource {
  const state = { epoch: 1, stopped: false, closed: false, abort: new AbortController() }
  const settled: string[] = []
  const commits: (readonly Position[])[] = []
  let queue: Delivery[] = []
  let waiting: PromiseWithResolvers<Delivery | undefined>[] = []
  let positions = new Map<string, Position>()
  let commitError: Error | undefined
  let failure: Error | undefined

  function dispatch(): void {
    while (waiting.length > 0 && (state.stopped || queue.length > 0)) {
      waiting.shift()?.resolve(state.stopped ? undefined : queue.shift())
    }
  }
  return {
    settled,
    commits,
    closed: () => state.closed,
    give(record) {
      const delivery = { record, epoch: state.epoch, signal: state.abort.signal }
      queue.push(delivery)
      dispatch()
      return delivery
    },
    reassign() {
      state.abort.abort()
      state.abort = new AbortController()
      state.epoch += 1
      queue = []
      positions = new Map()
    },
    fail(error) {
      failure = error
      for (const { reject } of waiting) reject(error)
      waiting = []
    },
    refuseCommits: (error) => {
      commitError = error
    },
    next() {
      if (failure !== undefined) return Promise.reject(failure)
      const waiter = Promise.withResolvers<Delivery | undefined>()
      waiting.push(waiter)
      dispatch()
      return waiter.promise
    },
    done({ record: { topic, partition, offset }, epoch }) {
      if (epoch !== state.epoch) return
      journal.push(`done ${offset}`)
      settled.push(`${topic}:${partition}:${offset}`)
      positions.set(`${topic} ${partition}`, { topic, partition, offset: offset + 1n })
    },
    uncommitted: () => ({ epoch: state.epoch, positions: [...positions.values()] }),
    async commit(uncommitted) {
      if (uncommitted.positions.length === 0 || uncommitted.epoch !== state.epoch) return
      if (commitError !== undefined) throw commitError
      journal.push(`commit ${uncommitted.positions.map((position) => position.offset).join(' ')}`)
      commits.push(uncommitted.positions)
      for (const position of uncommitted.positions) positions.delete(`${position.topic} ${position.partition}`)
    },
    lag: () => new Map(queue.map(({ record }) => [record.topic, queue.length])),
    problem: () => undefined,
    stop() {
      state.stopped = true
      dispatch()
    },
    async close() {
      state.stopped = true
      state.closed = true
      state.abort.abort()
      journal.push('close')
      dispatch()
    },
  }
}
