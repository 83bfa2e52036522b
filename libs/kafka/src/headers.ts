/** THE table of header names on records that we write or move. Values are UTF-8 text; numbers are decimal. */
export const headerNames = {
  /** Consumer group that moved the record. */
  group: 'mur-group',
  originTopic: 'mur-origin-topic',
  originPartition: 'mur-origin-partition',
  originOffset: 'mur-origin-offset',
  /** Epoch ms of the first failure; the retry budget counts from here. */
  firstFailedAt: 'mur-first-failed-at',
  /** Attempts made so far; 1 is the first delivery. */
  attempt: 'mur-attempt',
  /** Epoch ms before which the record must not run. */
  dueAt: 'mur-due-at',
  errorCode: 'mur-error-code',
  /** Service and version that handled it. */
  handler: 'mur-handler',
  /** Number of the assignment that appended it; a fence in the commit metadata names the one that counts. */
  owner: 'mur-owner',
  /** `1` when the key was not parked when this was appended. */
  head: 'mur-head',
  /** An operator's command: retry-now, release, discard. */
  command: 'mur-command',
  /** Id of the operation in `pipeline.operations.v1` that a command belongs to. */
  operation: 'mur-operation',
  /** Id of the operation that put a dead letter back: with the next one, what a second copy is known by. */
  redriveRun: 'mur-redrive-run',
  /** Offset of that dead letter in the DLQ. */
  redriveOffset: 'mur-redrive-offset',
  /** W3C trace context. */
  traceparent: 'traceparent',
} as const

/** Headers of a record; a header that came twice keeps its last value. */
export type Headers = Readonly<Record<string, Buffer | string>>

/** Why a record was moved, as its headers say it. */
export interface MoveReason {
  readonly group: string
  readonly handler: string
  readonly errorCode: string
  /** Calls so far; 0 for a record that waits behind another one of its key. */
  readonly attempt: number
  /** Epoch ms; null: it was not tried yet. */
  readonly firstFailedAtMs: number | null
}

/**
 * Headers of a record that moves to a retry topic, DLQ or quarantine: its own, and where it comes from and why.
 *
 * A record that was moved before keeps its first origin.
 */
export function toMovedHeaders(
  record: { readonly topic: string; readonly partition: number; readonly offset: number; readonly headers: Headers },
  reason: MoveReason,
): Headers {
  return {
    [headerNames.originTopic]: record.topic,
    [headerNames.originPartition]: String(record.partition),
    [headerNames.originOffset]: String(record.offset),
    ...record.headers,
    ...(reason.firstFailedAtMs === null ? {} : { [headerNames.firstFailedAt]: String(reason.firstFailedAtMs) }),
    [headerNames.group]: reason.group,
    [headerNames.handler]: reason.handler,
    [headerNames.errorCode]: reason.errorCode,
    [headerNames.attempt]: String(reason.attempt),
  }
}
