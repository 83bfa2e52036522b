import type { HandleResult } from '@murmuration/consumer'
import type { Conversation, Message, MessageStatus } from '@murmuration/schemas'

/** What crm-sync reads from its topics. */
export type CrmEvent = Message | MessageStatus | Conversation

/** What an adapter may know of the delivery. */
export interface ApplyContext {
  /** Aborted when the partition is lost: look at it before the effect. */
  readonly signal: AbortSignal
}

/**
 * A place that keeps contacts, messages, statuses and conversations. The conformance suite states the contract:
 *
 * - any order of the same events, with repeats, ends in the same state;
 * - an exact repeat (same `eventId`, same `contentHash`) is skipped as `duplicate`, a revision (other hash) is applied;
 * - a status may come before its message; an outbound message has the contact as its receiver;
 * - foreign errors leave as a PipelineError without values in its message.
 */
export interface CrmAdapter {
  /** Name in the registry. */
  readonly name: string
  /** Whether a repeat leaves no trace at the sink even after a crash. Where false, repeats are counted and shown. */
  readonly idempotent: boolean
  applyMessage(event: Message, context: ApplyContext): Promise<HandleResult>
  applyStatus(event: MessageStatus, context: ApplyContext): Promise<HandleResult>
  applyConversation(event: Conversation, context: ApplyContext): Promise<HandleResult>
  /** Resolves when events can be applied now. Cheap. @throws {PipelineError} why not */
  check(): Promise<void>
  /** Waits for running work, then lets go of connections. */
  close(): Promise<void>
}

export const DUPLICATE: HandleResult = { kind: 'skip', reason: 'duplicate' }

export const DONE: HandleResult = { kind: 'done' }
