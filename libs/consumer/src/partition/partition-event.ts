import type { Item } from './partition-state.ts'

/** A record of the main topic. */
export interface MainRecord<P> {
  readonly offset: number
  /** Null: no order is asked for. */
  readonly key: string | null
  readonly bytes: number
  readonly payload: P
}

/** A record of the retry topic. */
export interface ParkedRecord<P> extends MainRecord<P> {
  readonly origin: number
  /** Who appended it; see the fences of the commit metadata. */
  readonly owner: number
  /** Its key was not parked when it was appended: see rule C. */
  readonly head: boolean
  readonly dueAtMs: number
  readonly firstFailedAtMs: number | null
  readonly failures: number
  /** `<run>:<offset in the DLQ>` of a dead letter that an operator put back. */
  readonly redrive: string | null
  /** Set where its headers can't be read: it goes to the DLQ untried. Such a record is exempt like a redriven one. */
  readonly unreadable?: true
}

/** An operator's word about the parked record of a key that stems from `origin`. */
export interface OperatorCommand {
  readonly offset: number
  readonly word: 'retry-now' | 'release' | 'discard'
  readonly key: string | null
  readonly origin: number
}

/** How a call ended: the first `done` of its records are settled, and what became of the next one. */
export interface CallResult {
  readonly done: number
  readonly failure?:
    | { readonly kind: 'retry'; readonly dueAtMs: number; readonly nowMs: number; readonly reason: string }
    /** A quick retry: it keeps its place in memory, and its key waits. */
    | { readonly kind: 'again'; readonly dueAtMs: number; readonly nowMs: number }
    | { readonly kind: 'dead-letter' | 'quarantine'; readonly reason: string }
    /** It can't be tried yet: it keeps its place, its key waits, and nothing counts as tried. */
    | { readonly kind: 'hold'; readonly dueAtMs: number }
    /** The dependency is down: nothing counts as tried. */
    | { readonly kind: 'wait' }
}

/** What happens to a partition. Times and offsets come with the event: the reducer has no clock. */
export type PartitionEvent<P> =
  | { readonly kind: 'main-record'; readonly record: MainRecord<P> }
  | { readonly kind: 'retry-record'; readonly record: ParkedRecord<P> }
  | { readonly kind: 'command'; readonly command: OperatorCommand }
  /** The shell has room for one more call. */
  | { readonly kind: 'take'; readonly nowMs: number }
  | { readonly kind: 'finished'; readonly call: readonly Item<P>[]; readonly result: CallResult }
  /** The retry topic acknowledged a record; copies of it, if any, lie below `end`. */
  | { readonly kind: 'appended'; readonly item: Item<P>; readonly end: number }
  /** The DLQ or quarantine acknowledged a record. */
  | { readonly kind: 'set-aside'; readonly item: Item<P>; readonly as: SetAside }
  /** Offsets below `to` hold nothing any more: retention, or somebody's hand, was quicker. */
  | { readonly kind: 'skipped'; readonly source: 'main' | 'retry'; readonly to: number }
  /** No call and no append of untried records starts from now on. */
  | { readonly kind: 'drain' }

/** Ends that write the record elsewhere first. */
export type SetAside =
  | { readonly kind: 'dead-letter'; readonly reason: string }
  | { readonly kind: 'quarantine'; readonly reason: string }

/** What the shell is to do, in this order. */
export type PartitionEffect<P> =
  | { readonly kind: 'call'; readonly items: readonly Item<P>[] }
  /** Append to the retry topic. Appends of one partition are acknowledged one batch after the other, in order. */
  | { readonly kind: 'append'; readonly item: Item<P>; readonly head: boolean; readonly reason: string }
  /** Write to the DLQ or quarantine; the record is settled only when that is acknowledged. */
  | { readonly kind: 'set-aside'; readonly item: Item<P>; readonly as: SetAside }
  /** An offset of the main topic has reached an end; parked is one that is not the last. */
  | { readonly kind: 'settled'; readonly item: Item<P>; readonly how: 'handled' | 'parked' | 'discarded' | SetAside }
