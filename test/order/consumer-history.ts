/** A call of a handler. `partition` and `offset` are of the main topic, wherever the record was read. */
export interface SinkCall {
  /** Client id of the member; it outlives a restart. */
  readonly member: string
  /** Process of the member; it does not. */
  readonly pid: number
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly eventId: string
  /** 1 is the first delivery. */
  readonly attempt: number
  /** When the handler was entered, epoch ms. */
  readonly startedMs: number
}

/** What the sink answers: the record took effect, may do so later, or never will. */
export type SinkAnswer = 'done' | 'retry' | 'refused'

/**
 * What the sink saw, in the order in which it saw it. A call takes effect, or not, at `apply`, and may be cut before:
 * it ends when it is answered or when its process is gone.
 */
export type SinkStep =
  | { readonly kind: 'begin'; readonly call: SinkCall; readonly atMs: number }
  | { readonly kind: 'apply'; readonly call: SinkCall; readonly atMs: number; readonly answer: SinkAnswer }
  | { readonly kind: 'end'; readonly call: SinkCall; readonly atMs: number }

/** A record as it stands in the main topic. The same event id at two offsets is a duplicate of the source's. */
export interface WrittenRecord {
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly eventId: string
}

/** A time in which a process was stopped by force, epoch ms. */
export interface Freeze {
  readonly pid: number
  readonly fromMs: number
  readonly toMs: number
}

/** What a history is held against. */
export interface Evidence {
  readonly written: readonly WrittenRecord[]
  /** Origins of the records in the DLQ, as often as they stand there. */
  readonly deadLetters: readonly { readonly partition: number; readonly offset: number }[]
  /** Event ids whose publishing was acknowledged. */
  readonly acknowledged: readonly string[]
  readonly freezes: readonly Freeze[]
}

/** The place of a record, for maps and for people. */
export function toPlace({ partition, offset }: { readonly partition: number; readonly offset: number }): string {
  return `${partition}/${offset}`
}

/**
 * Whether a call was under way when its process was stopped: it may end late, and meet the next owner's. Nothing of
 * the kind is allowed to a call that began afterwards.
 */
export function isOutlived(call: SinkCall, atMs: number, freezes: readonly Freeze[]): boolean {
  return freezes.some(({ pid, fromMs, toMs }) => pid === call.pid && call.startedMs < toMs && atMs >= fromMs)
}
