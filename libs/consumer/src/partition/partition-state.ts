import TinyQueue from 'tinyqueue'
import type { Fence } from './commit-metadata.ts'
import { Fifo } from './fifo.ts'
import { createTracker, type OffsetTracker, type Settlement } from './offset-tracker.ts'
import { type PartitionRules, partitionRules } from './rules.ts'

/** What calls never overlap and follow offset order: those of a key, of the whole partition, or none. */
export type Order = 'key' | 'partition' | 'none'

/** A record of the main topic or of the retry topic, as the reducer keeps it. `P` is what the shell needs of it. */
export interface Item<P> {
  readonly source: 'main' | 'retry'
  /** Offset in the topic that it was read from. */
  readonly offset: number
  /** Offset in the main topic: of itself, or of what it is a copy of. */
  readonly origin: number
  readonly key: string
  readonly bytes: number
  readonly payload: P
  /** Epoch ms before which it must not start; 0: at once. */
  dueAtMs: number
  /** Epoch ms of the first failure; null when it was never tried. */
  firstFailedAtMs: number | null
  /** Calls so far that failed, over all owners. */
  failures: number
  /** Set on a dead letter that an operator put back: `<run>:<offset in the DLQ>`. Order rules skip it. */
  readonly redrive: string | null
  /** What is decided about it without a call, by an operator or by its headers; offsets of commands are settled with it. */
  verdict: 'release' | 'discard' | 'unreadable' | undefined
  commands: readonly number[]
}

/** The records of one key. It is parked while `retry` or `awaiting` is not empty. */
export interface KeyState<P> {
  readonly key: string
  /** Read from the main topic and neither settled nor sent to the retry topic, in order. */
  readonly main: Item<P>[]
  /** Read from the retry topic and not settled, in order. */
  readonly retry: Item<P>[]
  /**
   * Origins that were sent to the retry topic and not read back. This one and the next are made when the key is parked: most
   * keys never are, and come and go with each record.
   */
  awaiting: Set<number> | undefined
  /** Own appends, by origin: the position that the retry topic must reach before they may run; Infinity until acknowledged. */
  copiesEnd: Map<number, number> | undefined
  /** Highest origin seen in the retry topic; -1: none. */
  lastRetryOrigin: number
  /** What is being called or set aside: the first items of `main` or of `retry`. */
  running: readonly Item<P>[] | undefined
  /** Where it waits for its turn, and since when or until where; undefined: nowhere. */
  waitsIn: WaitingRoom | 'ready' | undefined
  waitsAt: number
}

/** What a key's parked head may wait for: its due time, or the retry topic's position (rule D). */
export type WaitingRoom = 'due' | 'copies'

/** A key and what it waits for: epoch ms or an offset. */
export interface Waiting<P> {
  readonly at: number
  readonly key: KeyState<P>
}

/** Partition p of one topic and of its retry topic, as one owner knows it. Rebuilt on every assignment. */
export interface PartitionState<P> {
  readonly rules: PartitionRules
  readonly order: Order
  /** Records of one key that one call may take. */
  readonly maxFold: number
  readonly main: OffsetTracker
  readonly retry: OffsetTracker
  /** End of the retry topic at the assignment: until it is passed, nothing of the main topic is admitted. */
  readonly retryEnd: number
  /** Fences of the owners before, and this owner's, the last one. */
  readonly fences: readonly Fence[]
  readonly keys: Map<string, KeyState<P>>
  /** Keys that may start a call, first come first. */
  readonly ready: Fifo<KeyState<P>>
  /** Keys whose parked head waits, soonest first. Entries may be stale: what comes up is looked at anew. */
  readonly waiting: Readonly<Record<WaitingRoom, TinyQueue<Waiting<P>>>>
  /** Redriven records that were seen: their second copies are settled. */
  readonly redriven: Set<string>
  /** Bytes of the records that are held in memory, of both topics. */
  heldBytes: number
  /** Records that stand in the retry topic, or are on their way there. */
  parked: number
  draining: boolean
}

/** What the group had committed of a partition, and where its retry topic ends. */
export interface PartitionStart {
  readonly main: Settlement
  readonly retry: Settlement
  readonly retryEnd: number
  /** Fences that were committed with the retry topic's offset. */
  readonly fences: readonly Fence[]
  /** This owner's number, drawn at the assignment. */
  readonly owner: number
  readonly order: Order
  readonly maxFold: number
}

/** The state of a partition at its assignment. */
export function createPartition<P>(start: PartitionStart, rules: PartitionRules = partitionRules): PartitionState<P> {
  const room = () => new TinyQueue<Waiting<P>>([], (a, b) => a.at - b.at)
  return {
    rules,
    order: start.order,
    maxFold: start.maxFold,
    main: createTracker(start.main),
    retry: createTracker(start.retry),
    retryEnd: start.retryEnd,
    fences: [...start.fences, { owner: start.owner, from: start.retryEnd }],
    keys: new Map(),
    ready: new Fifo(),
    waiting: { due: room(), copies: room() },
    redriven: new Set(),
    heldBytes: 0,
    parked: 0,
    draining: false,
  }
}
