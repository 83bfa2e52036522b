import type { CommittedOffset, KafkaRecord, PartitionBounds, TopicPartition } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import { CommitMetadataFullError } from './consumer-errors.ts'
import { keyText } from './parked-headers.ts'
import { type Reluctance, reluctanceOf } from './partition/admission.ts'
import { MAX_METADATA_CHARS } from './partition/commit-metadata.ts'
import { snapshotOf } from './partition/commit-snapshot.ts'
import type { CallResult, PartitionEffect, PartitionEvent, SetAside } from './partition/partition-event.ts'
import { createPartition, type PartitionState } from './partition/partition-state.ts'
import { reduce } from './partition/reduce.ts'
import { restoreSettlement, toRetryEvent } from './read-retry-topic.ts'
import { createRecordBuffer } from './record-buffer.ts'
import type { Origin } from './set-aside.ts'
import { bytesOf, toWork, type Work, type WorkItem } from './work.ts'

/** What a partition asks of its surroundings. Each takes care of itself until the assignment ends. */
export interface RunnerPorts {
  /** Appends to the retry topic, one batch after the other, and feeds back `appended`. */
  append(appends: { readonly item: WorkItem; readonly head: boolean; readonly reason: string }): void
  /** Writes to the DLQ or quarantine and feeds back `set-aside`. */
  setAside(item: WorkItem, as: SetAside): void
  report(item: WorkItem, how: 'handled' | 'parked' | 'discarded' | SetAside): void
  pause(partition: TopicPartition): void
  resume(partition: TopicPartition): void
}

/** `metadata`: what is settled can't be committed until more of it is; `uncommitted`: too much is settled and not committed. */
export type PartitionReluctance = NonNullable<Reluctance> | 'metadata' | 'uncommitted'

/** What a commit leaves free, so that owners that come and go can set their fences; one takes some 21 characters. */
const FENCE_CHARS = 256

/** One partition of a topic with its retry partition: the reducer, and the records that wait to get in. */
export interface PartitionRunner {
  readonly main: TopicPartition
  /** `main`, as the catalog names its topic. */
  readonly origin: Origin
  readonly retry: TopicPartition | undefined
  readonly owner: number
  readonly state: PartitionState<Work>
  receive(batch: { readonly topic: string; readonly records: readonly KafkaRecord[]; readonly high: number }): void
  /** The records of the next call, which then counts as started. */
  take(nowMs: number): readonly WorkItem[] | undefined
  feed(event: PartitionEvent<Work>): void
  finish(call: readonly WorkItem[], result: CallResult): void
  /** Begins to read; before it, nothing is. */
  begin(): void
  /**
   * What is to be committed before `begin`, so that appends of earlier owners are known; nothing where there is no retry
   * topic. @throws {CommitMetadataFullError}
   */
  fence(): readonly CommittedOffset[]
  /** What may be committed now; undefined: nothing new, or too much for the metadata, which `reluctance` tells. */
  snapshot(): readonly CommittedOffset[] | undefined
  /** The commit of these offsets, the last ones that `snapshot` gave, got through. */
  committed(offsets: readonly CommittedOffset[]): void
  /** The retry partition's offset below which everything is settled and committed; undefined: it was trimmed to it. */
  trimmable(): (TopicPartition & { readonly offset: number }) | undefined
  trimmed(offset: number): void
  /** Offsets below this one hold nothing any more. */
  skip(partition: TopicPartition, to: number): void
  /** The main topic's end, of another source than the batches: while a partition is held back, none comes. */
  sawHigh(high: number): void
  /** Records of the main topic that are not delivered to the reducer yet, up to the high watermark. */
  waiting(): number
  oldestWaitingMs(): number | undefined
  /** Records that took effect and are not committed: a next owner would repeat them. */
  uncommitted(): number
  /** Why nothing more of the main topic is admitted; undefined while it is. */
  reluctance(): PartitionReluctance | undefined
}

/** Starts a partition from what its group committed. @throws {CommitUnreadableError} */
export function createPartitionRunner<E extends object>(
  bounds: { readonly main: PartitionBounds; readonly retry: PartitionBounds | undefined },
  {
    origin,
    owner,
    consumer,
  }: { readonly origin: Origin; readonly owner: number; readonly consumer: ConsumerDeps<E>['consumer'] },
  ports: RunnerPorts,
): PartitionRunner {
  const main = { topic: bounds.main.topic, partition: bounds.main.partition }
  const retry = bounds.retry && { topic: bounds.retry.topic, partition: bounds.retry.partition }
  const restored = { main: restoreSettlement(bounds.main), retry: restoreSettlement(bounds.retry) }
  const state = createPartition<Work>({
    main: restored.main,
    retry: restored.retry,
    fences: restored.retry.fences,
    retryEnd: bounds.retry?.high ?? 0,
    owner,
    order: consumer.order,
    maxFold: consumer.fold?.max ?? 1,
  })
  const buffer = createRecordBuffer()
  let high = bounds.main.high
  let paused = true
  let overfull = false
  let lastCommit = ''
  let settled = 0
  let settledAtSnapshot = 0
  let committedRetry = 0
  let trimmedTo = bounds.retry?.low ?? 0

  function feed(event: PartitionEvent<Work>): void {
    for (const effect of reduce(state, event)) carryOut(effect)
  }
  function carryOut(effect: PartitionEffect<Work>): void {
    switch (effect.kind) {
      case 'append':
        ports.append(effect)
        break
      case 'set-aside':
        ports.setAside(effect.item, effect.as)
        break
      case 'settled':
        if (effect.how !== 'parked') settled += 1
        ports.report(effect.item, effect.how)
        break
      case 'call':
        throw new Error('a call was not asked for')
    }
  }
  function offsetsNow(): readonly CommittedOffset[] {
    const now = snapshotOf(state)
    return [{ ...main, ...now.main }, ...(retry === undefined ? [] : [{ ...retry, ...now.retry }])]
  }
  function reluctance(): PartitionReluctance | undefined {
    if (overfull) return 'metadata'
    return (
      reluctanceOf(state, consumer.limits) ?? (settled >= consumer.limits.maxUncommitted ? 'uncommitted' : undefined)
    )
  }
  /** Delivers what may be delivered, and reads on or waits according to what is left. */
  function admit(): void {
    let why = reluctance()
    while (buffer.length > 0 && why === undefined) {
      const record = buffer.shift() as KafkaRecord
      const { offset, key } = record
      feed({
        kind: 'main-record',
        record: { offset, key: keyText(key), bytes: bytesOf(record), payload: toWork(record) },
      })
      why = reluctance()
    }
    if (why === 'rebuilding' || why === 'draining') return
    const { maxBufferedRecords, maxBufferedBytes } = consumer.limits
    const full = buffer.length / maxBufferedRecords >= 1 || buffer.bytes / maxBufferedBytes >= 1
    const half = buffer.length / maxBufferedRecords <= 0.5 && buffer.bytes / maxBufferedBytes <= 0.5
    if (full && !paused) ports.pause(main)
    if (half && paused) ports.resume(main)
    paused = full ? true : half ? false : paused
  }

  return {
    main,
    origin,
    retry,
    owner,
    state,
    feed(event) {
      feed(event)
      admit()
    },
    receive(batch) {
      if (batch.topic === main.topic) {
        high = Math.max(high, batch.high)
        buffer.push(batch.records)
      } else for (const record of batch.records) feed(toRetryEvent(record))
      admit()
    },
    take(nowMs) {
      const call: { items?: readonly WorkItem[] } = {}
      for (const effect of reduce(state, { kind: 'take', nowMs })) {
        if (effect.kind === 'call') call.items = effect.items
        else carryOut(effect)
      }
      return call.items
    },
    finish(call, result) {
      feed({ kind: 'finished', call, result })
      admit()
    },
    begin() {
      if (retry !== undefined) ports.resume(retry)
      admit()
    },
    fence() {
      const offsets = retry === undefined ? [] : offsetsNow()
      if (longest(offsets) > MAX_METADATA_CHARS) throw new CommitMetadataFullError(main)
      return offsets
    },
    snapshot() {
      const offsets = offsetsNow()
      const was = overfull
      overfull = longest(offsets) > MAX_METADATA_CHARS - FENCE_CHARS
      if (was && !overfull) admit()
      if (overfull || fingerprint(offsets) === lastCommit) return undefined
      settledAtSnapshot = settled
      return offsets
    },
    committed(offsets) {
      lastCommit = fingerprint(offsets)
      settled -= settledAtSnapshot
      settledAtSnapshot = 0
      committedRetry = offsets.find(({ topic }) => topic === retry?.topic)?.offset ?? committedRetry
      admit()
    },
    trimmable: () =>
      retry === undefined || committedRetry <= trimmedTo ? undefined : { ...retry, offset: committedRetry },
    trimmed(offset) {
      trimmedTo = offset
    },
    skip(partition, to) {
      feed({ kind: 'skipped', source: partition.topic === main.topic ? 'main' : 'retry', to })
      admit()
    },
    sawHigh(at) {
      high = Math.max(high, at)
    },
    waiting: () => Math.max(0, high - state.main.position),
    oldestWaitingMs: () => buffer.first()?.timestampMs,
    uncommitted: () => settled,
    reluctance,
  }
}

function longest(offsets: readonly CommittedOffset[]): number {
  return Math.max(0, ...offsets.map(({ metadata }) => metadata.length))
}

function fingerprint(offsets: readonly CommittedOffset[]): string {
  return offsets.map(({ offset, metadata }) => `${offset} ${metadata}`).join()
}
