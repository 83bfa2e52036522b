import type { Conversation, Message, MessageStatus, PlatformEvent } from '@murmuration/schemas'

/** One event that a webhook yields, with the key of its record; `record` is its row in the catalog. */
export type BirdEvent =
  | { readonly record: 'message'; readonly key: string; readonly event: Message }
  | { readonly record: 'message-status'; readonly key: string; readonly event: MessageStatus }
  | { readonly record: 'conversation'; readonly key: string; readonly event: Conversation }
  | { readonly record: 'platform-event'; readonly key: string; readonly event: PlatformEvent }

/** What the pipeline knows of a webhook besides its body. */
export interface EventContext {
  /** From the source's configuration; part of every event id. */
  readonly workspaceId: string
  /** Name of the source. Not part of any id: several subscriptions may send the same fact. */
  readonly source: string
  readonly origin: 'webhook' | 'backfill' | 'replay' | 'canary'
  /** Epoch ms. */
  readonly receivedAtMs: number
  /** Id of the webhook's record in the raw topic. */
  readonly rawRef: string
  /** HMAC key of contact keys where Bird names no contact. Changing it moves those contacts to other keys. */
  readonly contactKeySecret: string
}

/** The envelope fields that come from the context, the same for every event of a webhook. */
export type ContextFields = Pick<Message, 'workspaceId' | 'source' | 'origin' | 'receivedAt' | 'rawRef'>

export function toContextFields(context: EventContext): ContextFields {
  return {
    workspaceId: context.workspaceId,
    source: context.source,
    origin: context.origin,
    receivedAt: context.receivedAtMs,
    rawRef: context.rawRef,
  }
}

/** Names of the fields that wrap an event's content; they take no part in its contentHash. */
export type EnvelopeField = keyof ContextFields | 'eventId' | 'type' | 'occurredAt' | 'contentHash'
