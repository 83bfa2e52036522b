// Generated from the schemas by `npm run generate`. Do not edit: a test compares.

/** Epoch milliseconds, UTC (Avro logical type timestamp-millis). */
export type TimestampMillis = number

/** An event made of this webhook. */
export interface RawEventRef {
  /** Topic that the event was published to. */
  readonly topic: string
  /** Its idempotency key. */
  readonly eventId: string
  /** Its type. */
  readonly type: string
}

/** One verified webhook with its exact bytes. For audit and replay; readable by audit-log and operators only. */
export interface RawWebhook {
  /** Idempotency key: derivation version, workspace and Bird's own ids. The same for every redelivery of the same fact. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: webhook.received. */
  readonly type: 'webhook.received'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened according to Bird; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** Signature scheme that verified it. Values: bird-crm, messagebird-jwt, standard-webhooks, messagebird-query. */
  readonly scheme: string
  /** Id of the signing key that matched; never the key. */
  readonly keyId: string
  /** The sender's signed timestamp. A redelivery keeps the first one. Epoch milliseconds, UTC. */
  readonly signedAt: TimestampMillis | null
  /** Bird's request id header; not signed, so only a hint. */
  readonly requestId: string | null
  /** Content-Type header as received. */
  readonly contentType: string | null
  /** Query of the request as received, where the signature covers it (legacy schemes): part of what was sent, and all of it where the body is empty. Personal data. */
  readonly query: string | null
  /** The request body, byte for byte as received. Personal data. */
  readonly body: Buffer
  /** What the parser made of it. Values: parsed, unreadable. */
  readonly parseResult: string
  /** Why it is unreadable, as a bounded reason code. */
  readonly parseError: string | null
  /** The typed events made of it, in order. */
  readonly events: readonly RawEventRef[]
}

/** A file that the message carries. */
export interface MessageMedia {
  /** Where Bird serves it; wants the AccessKey and expires. Personal data. */
  readonly url: string
  /** What the user sent. Values: image, video, audio, document, sticker, file. */
  readonly kind: string
  /** Content type as Bird states it. */
  readonly contentType: string | null
  /** File name as the sender gave it. Personal data. */
  readonly filename: string | null
  /** Whether a sticker is animated. */
  readonly animated: boolean | null
}

/** A place that the user shared. */
export interface MessageLocation {
  /** Degrees, WGS 84. Personal data. */
  readonly latitude: number
  /** Degrees, WGS 84. Personal data. */
  readonly longitude: number
  /** Postal address as sent. Personal data. */
  readonly address: string | null
  /** Name of the place as sent. Personal data. */
  readonly label: string | null
}

/** A button or list choice that the user made. */
export interface MessageAction {
  /** Kind of action. Values: postback. */
  readonly type: string
  /** What the user saw. Personal data. */
  readonly text: string | null
  /** What the business attached to the choice. */
  readonly payload: string | null
}

/** A message's content, once: inbound, and outbound when its content is first seen. */
export interface Message {
  /** Idempotency key: derivation version, workspace and Bird's own ids. The same for every redelivery of the same fact. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: message.inbound, message.outbound. */
  readonly type: 'message.inbound' | 'message.outbound'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened according to Bird; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** The record's key: stable per contact. See keyBasis. */
  readonly contactKey: string
  /** What contactKey is made of. Values: contact-id, identifier-hmac, message-id. */
  readonly keyBasis: string
  /** Bird's contact id, where the webhook names one. */
  readonly contactId: string | null
  /** Kind of the contact's identifier, e.g. phonenumber, emailaddress, whatsappbsuid, whatsappusername. */
  readonly identifierKey: string | null
  /** The identifier itself, e.g. a phone number in E.164. Personal data. */
  readonly identifierValue: string | null
  /** Display name as Bird sent it. Personal data. */
  readonly contactName: string | null
  /** Bird's message id. */
  readonly messageId: string
  /** Bird's channel id. */
  readonly channelId: string | null
  /** Bird's conversation id, where the webhook names one. */
  readonly conversationId: string | null
  /** Messaging platform: the part of Bird's event name before the dot, e.g. whatsapp, sms, line. */
  readonly platform: string
  /** Bird's body type, open set. Of the new platform the name of the content, e.g. image, sticker, contact_cards, unsupported. Values: text, image, file, location, list, interactive, html, template, none. */
  readonly bodyType: string
  /** Text of the message, or the caption of a file. Personal data. */
  readonly text: string | null
  /** Files, in Bird's order; empty when there are none. */
  readonly media: readonly MessageMedia[]
  /** Set when bodyType is location. */
  readonly location: MessageLocation | null
  /** Choices; empty when there are none. */
  readonly actions: readonly MessageAction[]
  /** Message that this one answers. */
  readonly replyToMessageId: string | null
  /** How it answers, e.g. click, reply. */
  readonly replyToType: string | null
  /** The platform's own message id. A WhatsApp id holds the phone number in base64. Personal data. */
  readonly platformReference: string | null
  /** The platform's own time of the message. Epoch milliseconds, UTC. */
  readonly platformAt: TimestampMillis | null
  /** The sender's own id for an outbound message. */
  readonly reference: string | null
  /** User locale, e.g. es-CO. */
  readonly locale: string | null
  /** order, referral, referredProduct and whatsapp.interactive.type as JSON, where present. Personal data. */
  readonly meta: string | null
  /** The body as JSON where bodyType is one that we don't map, or holds something that no field here takes. Personal data. */
  readonly unmappedBody: string | null
}

/** A step in a message's life: a delivery status, or an interaction such as read. May arrive before its message, late, and out of order. */
export interface MessageStatus {
  /** Idempotency key: derivation version, workspace and Bird's own ids. The same for every redelivery of the same fact. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: message.status, message.interaction. */
  readonly type: 'message.status' | 'message.interaction'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened according to Bird; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** Bird's message id; the record's key. */
  readonly messageId: string
  /** Bird's channel id. */
  readonly channelId: string | null
  /** Bird's contact id, where the webhook names one. */
  readonly contactId: string | null
  /** Messaging platform, e.g. whatsapp. */
  readonly platform: string
  /** inbound: the user wrote it. outbound: the business wrote it. Values: inbound, outbound, unknown. */
  readonly direction: string
  /** Open set. Statuses only move forward; failed ones and read are final. Values: accepted, processing, sent, delivered, sending_failed, delivery_failed, read. */
  readonly status: string
  /** Bird's id of the interaction. */
  readonly interactionId: string | null
  /** Bird's free-text reason of a failure. */
  readonly reason: string | null
  /** Bird's failure code. */
  readonly failureCode: number | null
  /** Who failed, e.g. whatsapp. */
  readonly failureSource: string | null
  /** The failing party's own code, e.g. 131026. */
  readonly failureSourceCode: string | null
  /** The sender's own id for an outbound message. */
  readonly reference: string | null
}

/** Somebody who takes part. */
export interface ConversationParticipant {
  /** Bird's participant id. */
  readonly id: string | null
  /** Open set; an AI Employee is a bot. Values: contact, user, bot, accessKey, flow. */
  readonly type: string | null
  /** Open set. Values: active, pending. */
  readonly status: string | null
  /** Name as shown. Personal data. */
  readonly displayName: string | null
  /** Kind of identifier. */
  readonly identifierKey: string | null
  /** The identifier. Personal data. */
  readonly identifierValue: string | null
}

/** A conversation was created, changed or deleted. The state that Bird sent, not a difference. */
export interface Conversation {
  /** Idempotency key: derivation version, workspace and Bird's own ids. The same for every redelivery of the same fact. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: conversation.created, conversation.updated, conversation.deleted. */
  readonly type: 'conversation.created' | 'conversation.updated' | 'conversation.deleted'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened according to Bird; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** Bird's conversation id; the record's key. */
  readonly conversationId: string
  /** Contact id of the participant of type contact, where named. */
  readonly contactId: string | null
  /** Bird's channel id. */
  readonly channelId: string | null
  /** Title of the conversation. Personal data. */
  readonly name: string | null
  /** Open set. Values: active, closed. */
  readonly status: string | null
  /** Featured participants. */
  readonly participants: readonly ConversationParticipant[]
  /** Ids of the AI Employees that take part. */
  readonly botIds: readonly string[]
  /** Id of the last message. */
  readonly lastMessageId: string | null
  /** Its body type. */
  readonly lastMessageType: string | null
  /** Its status. */
  readonly lastMessageStatus: string | null
  /** Who wrote it: contact, bot, user. */
  readonly lastMessageSenderType: string | null
  /** Preview of its text. Personal data. */
  readonly lastMessagePreview: string | null
  /** Bird's attributes object as JSON. Personal data. */
  readonly attributes: string | null
}

/** Channels, numbers, payments, and every event that we don't know yet, as JSON. The content is unstable by nature. */
export interface PlatformEvent {
  /** Idempotency key: derivation version, workspace and Bird's own ids. The same for every redelivery of the same fact. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: platform.event. */
  readonly type: 'platform.event'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened according to Bird; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** Bird's service, as sent; empty when the body names none. */
  readonly service: string
  /** Bird's event name, as sent. */
  readonly event: string
  /** Id of what the event is about: payload.id where there is one; the record's key. */
  readonly entityId: string | null
  /** The whole body as JSON. Personal data. */
  readonly payload: string
}

/** Signed bytes that nobody could read, or a record that nobody could decode. */
export interface QuarantinedRecord {
  /** Id of this entry: rawRef of the webhook, or group, topic, partition and offset of the record. */
  readonly eventId: string
  /** What was quarantined. Values: quarantine.webhook, quarantine.record. */
  readonly type: 'quarantine.webhook' | 'quarantine.record'
  /** Bird workspace, where known. */
  readonly workspaceId: string | null
  /** Name of the source, for a webhook. */
  readonly source: string | null
  /** Bounded reason code, e.g. invalid-json, unknown-schema. */
  readonly reason: string
  /** Epoch milliseconds, UTC. */
  readonly quarantinedAt: TimestampMillis
  /** Id of the raw record, for a webhook. */
  readonly rawRef: string | null
  /** Consumer group that could not decode, for a record. */
  readonly group: string | null
  /** Topic of the record. */
  readonly originTopic: string | null
  /** Partition of the record. */
  readonly originPartition: number | null
  /** Offset of the record. */
  readonly originOffset: number | null
  /** Key of the record. Personal data. */
  readonly key: Buffer | null
  /** The bytes, exactly. Personal data. */
  readonly body: Buffer
}

/** What media-processor stored, or that it can't be had any more. */
export interface MediaAsset {
  /** Idempotency key: derivation version, workspace and Bird's own ids. The same for every redelivery of the same fact. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: media.stored, media.unavailable. */
  readonly type: 'media.stored' | 'media.unavailable'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened according to Bird; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** The record's key: stable per contact. See keyBasis. */
  readonly contactKey: string
  /** What contactKey is made of. Values: contact-id, identifier-hmac, message-id. */
  readonly keyBasis: string
  /** Bird's contact id, where the webhook names one. */
  readonly contactId: string | null
  /** Message that carried the file. */
  readonly messageId: string
  /** Place of the file in the message, from 0. */
  readonly mediaIndex: number
  /** What the user sent. Values: image, video, audio, document, sticker, file. */
  readonly kind: string
  /** SHA-256 of the stored bytes, hex; set when stored. */
  readonly sha256: string | null
  /** Size in bytes; set when stored. */
  readonly bytes: number | null
  /** Content type that the host stated. */
  readonly contentType: string | null
  /** Where it lies in the object store; set when stored. */
  readonly objectKey: string | null
  /** File name as the sender gave it. Personal data. */
  readonly filename: string | null
  /** Why it can't be had: gone, forbidden-host, too-large, refused. */
  readonly reason: string | null
}

/** The end of one offset. */
export interface OutcomeEntry {
  /** Topic of the record. */
  readonly topic: string
  /** Offset of the record. */
  readonly offset: number
  /** Idempotency key, where the record could be decoded. */
  readonly eventId: string | null
  /** How it ended. Values: done, skip, retry, dead-letter, quarantine. */
  readonly kind: string
  /** Reason of a skip, or the error code. */
  readonly reason: string | null
  /** 1 is the first delivery. */
  readonly attempt: number
  /** Time in the handler, all attempts, milliseconds. */
  readonly durationMs: number
  /** Epoch milliseconds, UTC. */
  readonly settledAt: TimestampMillis
}

/** What became of each offset: one record per group, partition and commit, acknowledged before the commit. A crash may repeat entries: dedupe on group, topic, partition, offset. */
export interface PartitionOutcomes {
  /** Consumer group. */
  readonly group: string
  /** Kind of record. Values: outcomes.committed. */
  readonly type: 'outcomes.committed'
  /** Partition number, of every topic named in entries. */
  readonly partition: number
  /** Client id of the member that settled them. */
  readonly member: string
  /** Epoch milliseconds, UTC. */
  readonly reportedAt: TimestampMillis
  /** In the order in which they were settled. */
  readonly entries: readonly OutcomeEntry[]
}

/** Who retried, redrove, released, discarded or erased what, and why. */
export interface Operation {
  /** Id of the operation. */
  readonly eventId: string
  /** What was done. Values: operation.retry, operation.redrive, operation.release, operation.discard, operation.erase. */
  readonly type: 'operation.retry' | 'operation.redrive' | 'operation.release' | 'operation.discard' | 'operation.erase'
  /** What it was done to: a topic, a key, an event id; the record's key. */
  readonly subject: string
  /** Who did it, as authenticated. */
  readonly actor: string
  /** Why, in the actor's words; no personal data. */
  readonly reason: string
  /** Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** Parameters as JSON; no personal data. */
  readonly details: string | null
}

/** A person was erased. Readers erase what they hold on this contact. */
export interface Erasure {
  /** Id of the erasure. */
  readonly eventId: string
  /** Kind of record. Values: privacy.erased. */
  readonly type: 'privacy.erased'
  /** Key of the contact; the record's key. */
  readonly contactKey: string
  /** Bird workspace. */
  readonly workspaceId: string
  /** The request's own reference. */
  readonly requestRef: string
  /** Reference of the receipt in the audit log. */
  readonly receipt: string | null
  /** Epoch milliseconds, UTC. */
  readonly erasedAt: TimestampMillis
  /** By when the last copy is gone from topics, backups and logs. Epoch milliseconds, UTC. */
  readonly goneBy: TimestampMillis
}
