import type { CommittedOffset, KafkaRecord, PartitionBounds, TopicPartition } from '@murmuration/kafka'
import type { ConsumerDeps } from './consumer-deps.ts'
import { CommitUnreadableError } from './consumer-errors.ts'
import { keyText, parseCommand, parseParked } from './parked-headers.ts'
import { type Reluctance, reluctanceOf } from './partition/admission.ts'
import { decodeMetadata, MAX_METADATA_CHARS } from './partition/commit-metadata.ts'
import { snapshotOf } from './partition/commit-snapshot.ts'
import type { Settlement } from './partition/offset-tracker.ts'
import type { CallResult, PartitionEffect, PartitionEvent, SetAside } from './partition/partition-event.ts'
import { createPartition, type PartitionState } from './partition/partition-state.ts'
import { reduce } from './partition/reduce.ts'
import { createRecordBuffer } from './record-buffer.ts'
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

/** `metadata`: what is settled can't be committed until more of it is. */
export type PartitionReluctance = NonNullable<Reluctance> | 'metadata'

/** One partition of a topic with its retry partition: the reducer, and the records that wait to get in. */
export interface PartitionRunner {
  readonly main: TopicPartition
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
   * What may be committed now, if anything changed; undefined: nothing, or too much for the metadata. With `fence`, what is
   * to be committed before `begin`; nothing where there is no retry topic to be fenced.
   */
  commitable(fence?: 'fence'): readonly CommittedOffset[] | undefined
  /** The commit of these offsets got through. */
  committed(offsets: readonly CommittedOffset[]): void
  /** The retry partition's offset below which everything is settled and committed; undefined: it was trimmed to it. */
  trimmable(): (TopicPartition & { readonly offset: number }) | undefined
  trimmed(offset: number): void
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
  { owner, consumer }: { readonly owner: number; readonly consumer: ConsumerDeps<E>['consumer'] },
  ports: RunnerPorts,
): PartitionRunner {
  const main = { topic: bounds.main.topic, partition: bounds.main.partition }
  const retry = bounds.retry && { topic: bounds.retry.topic, partition: bounds.retry.partition }
  const restored = { main: restore(bounds.main), retry: restore(bounds.retry) }
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
        if (effect.how === 'handled') settled += 1
        ports.report(effect.item, effect.how)
        break
      case 'call':
        throw new Error('a call was not asked for')
    }
  }
  function reluctance(): PartitionReluctance | undefined {
    return overfull ? 'metadata' : reluctanceOf(state, consumer.limits)
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
  function receiveParked(record: KafkaRecord): void {
    const command = parseCommand(record)
    if (command !== undefined) {
      feed({ kind: 'command', command })
      return
    }
    const parked = parseParked(record)
    const key = keyText(record.key)
    const common = { offset: record.offset, key, bytes: bytesOf(record), payload: toWork(record) }
    const unreadable = {
      origin: record.offset,
      owner: 0,
      head: false,
      dueAtMs: 0,
      firstFailedAtMs: null,
      failures: 0,
      redrive: `unreadable:${record.offset}`,
      unreadable: true,
    } as const
    feed({ kind: 'retry-record', record: { ...common, ...(parked ?? unreadable) } })
  }

  return {
    main,
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
      } else for (const record of batch.records) receiveParked(record)
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
    commitable(fence) {
      if (fence !== undefined && retry === undefined) return undefined

      const snapshot = snapshotOf(state)
      settledAtSnapshot = settled
      const offsets = [{ ...main, ...snapshot.main }, ...(retry === undefined ? [] : [{ ...retry, ...snapshot.retry }])]
      const was = overfull
      overfull = offsets.some(({ metadata }) => metadata.length > MAX_METADATA_CHARS)
      if (was && !overfull) admit()
      if (overfull || (fence === undefined && fingerprint(offsets) === lastCommit)) return undefined
      return offsets
    },
    committed(offsets) {
      lastCommit = fingerprint(offsets)
      settled -= settledAtSnapshot
      committedRetry = offsets.find(({ topic }) => topic === retry?.topic)?.offset ?? committedRetry
    },
    trimmable: () =>
      retry === undefined || committedRetry <= trimmedTo ? undefined : { ...retry, offset: committedRetry },
    trimmed(offset) {
      trimmedTo = offset
    },
    waiting: () => Math.max(0, high - state.main.position),
    oldestWaitingMs: () => buffer.first()?.timestampMs,
    uncommitted: () => settled,
    reluctance,
  }
}

function fingerprint(offsets: readonly CommittedOffset[]): string {
  return offsets.map(({ offset, metadata }) => `${offset} ${metadata}`).join()
}

/** What was committed, without what the topic holds no more. */
function restore(
  bounds: PartitionBounds | undefined,
): Settlement & { readonly fences: readonly { owner: number; from: number }[] } {
  if (bounds?.committed === undefined) return { offset: bounds?.low ?? 0, done: [], fences: [] }
  const { offset, metadata } = bounds.committed
  const known = decodeMetadata(offset, metadata)
  if (known === undefined) throw new CommitUnreadableError(bounds)
  const low = Math.max(offset, bounds.low)
  const done = known.done.filter(({ to }) => to > low).map(({ from, to }) => ({ from: Math.max(from, low), to }))
  return { offset: low, done, fences: known.fences }
}
