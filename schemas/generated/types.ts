// Generated from the schemas by `npm run generate`. Do not edit: a test compares.

/** Epoch milliseconds, UTC (Avro logical type timestamp-millis). */
export type TimestampMillis = number

/** An event made of this webhook. */
export interface RawEventRef {
  /** Topic that the event was published to, without the deployment's prefix. */
  readonly topic: string
  /** Its eventId in that topic. */
  readonly eventId: string
  /** Its type in that topic. */
  readonly type: string
}

/** One verified webhook with its exact bytes. For audit and replay; readable by audit-log and operators only. */
export interface RawWebhook {
  /** Id that the ingress gave this webhook; a redelivery that is published again has another. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: webhook.received. */
  readonly type: 'webhook.received'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** Name of the configured source (one webhook endpoint) that received it. */
  readonly source: string
  /** How it entered the pipeline, in this order: sent by Bird, fetched from Bird later to fill a gap, published again from bird.raw.v1, made up to test the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** The sender's signed timestamp; the time of receipt where the scheme signs none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** The same as eventId. */
  readonly rawRef: string
  /** SHA-256 of the body, hex, first 32 characters. Finds redeliveries of the same bytes. */
  readonly contentHash: string
  /** Signature scheme of the source that verified it. Values: bird-crm, messagebird-jwt, standard-webhooks, messagebird-query. */
  readonly scheme: string
  /** Id of the configured signing key that matched; never the key. */
  readonly keyId: string
  /** The sender's signed timestamp. A redelivery keeps the first one. Epoch milliseconds, UTC. */
  readonly signedAt: TimestampMillis | null
  /** Bird's request id header, which is not signed and so only a hint; under standard-webhooks the webhook-id, which is signed. Null where Bird sent none. */
  readonly requestId: string | null
  /** Content-Type header as received. */
  readonly contentType: string | null
  /** Query of the request as received, where the signature covers it (legacy schemes): part of what was sent, and all of it where the body is empty. Personal data. */
  readonly query: string | null
  /** The request body, byte for byte as received. Personal data. */
  readonly body: Buffer
  /** What the parser made of it. Values: parsed, unreadable. */
  readonly parseResult: string
  /** Why it is unreadable; set when parseResult is unreadable. Open set. Values: empty, invalid-utf8, invalid-json, not-an-object, too-deep, unencodable, record-too-large. */
  readonly parseError: string | null
  /** The typed events that were published with it, in order; those that had been published before with other bytes, where nothing was new but the bytes; empty when unreadable. */
  readonly events: readonly RawEventRef[]
}

/** A file that the message carries. */
export interface MessageMedia {
  /** Where Bird serves it; wants the AccessKey and expires. Personal data. */
  readonly url: string
  /** What the user sent; file where neither Bird nor the content type says. Values: image, video, audio, document, sticker, file. */
  readonly kind: string
  /** Content type as Bird states it. */
  readonly contentType: string | null
  /** File name as the sender gave it. Personal data. */
  readonly filename: string | null
  /** Whether a sticker is animated; null where Bird does not say. */
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
  /** Kind of action. Open set. Values: postback. */
  readonly type: string
  /** What the user saw and chose. Personal data. */
  readonly text: string | null
  /** What the business attached to the choice; not shown to the user. Tells what was chosen, as text does. Personal data. */
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
  /** How it entered the pipeline, in this order: sent by Bird, fetched from Bird later to fill a gap, published again from bird.raw.v1, made up to test the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When Bird created the message; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. Of an outbound message without platformReference and platformAt, which come later. */
  readonly contentHash: string
  /** The record's key: stable per contact, a pseudonym. See keyBasis. */
  readonly contactKey: string
  /** What contactKey is made of: Bird's contact id; an HMAC of workspace and identifier; or, where no contact is named, the message id. Values: contact-id, identifier-hmac, message-id. */
  readonly keyBasis: string
  /** Bird's contact id, where the webhook names one. */
  readonly contactId: string | null
  /** Kind of the contact's identifier. Open set. Values: phonenumber, emailaddress, whatsappbsuid, whatsappusername. */
  readonly identifierKey: string | null
  /** The identifier itself, e.g. a phone number in E.164. Personal data. */
  readonly identifierValue: string | null
  /** Display name as Bird sent it. Personal data. */
  readonly contactName: string | null
  /** Bird's message id; wam_… of the new platform. */
  readonly messageId: string
  /** Bird's channel id. */
  readonly channelId: string | null
  /** Bird's conversation id, where the webhook names one. */
  readonly conversationId: string | null
  /** Messaging platform: the part of Bird's event name before the dot. Open set. Values: whatsapp, sms, line. */
  readonly platform: string
  /** Bird's body type, none where it names none. Of the new platform (messageId wam_…) the name of the content. Open set. Values: text, image, file, location, list, interactive, html, template, none, video, audio, sticker, document, contact_cards, interactive_reply, unsupported. */
  readonly bodyType: string
  /** Text of the message, or the caption of a file. Personal data. */
  readonly text: string | null
  /** Files, in Bird's order; empty when there are none. */
  readonly media: readonly MessageMedia[]
  /** The shared place; set when the body names coordinates. */
  readonly location: MessageLocation | null
  /** Choices; empty when there are none. */
  readonly actions: readonly MessageAction[]
  /** Bird's id of the message that this one answers. */
  readonly replyToMessageId: string | null
  /** How it answers. Open set. Values: click, reply. */
  readonly replyToType: string | null
  /** The platform's own message id. A WhatsApp id holds the phone number in base64. Personal data. */
  readonly platformReference: string | null
  /** The platform's own time of the message. Epoch milliseconds, UTC. */
  readonly platformAt: TimestampMillis | null
  /** The business's own id for an outbound message, as it gave it to Bird. Free text: it may be an order's number. Personal data. */
  readonly reference: string | null
  /** The user's locale as the platform states it, e.g. es-CO. */
  readonly locale: string | null
  /** Bird's order, referral (the advertisement that led here), referredProduct and whatsapp.interactive.type as JSON with sorted keys, where present. Personal data. */
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
  /** How it entered the pipeline, in this order: sent by Bird, fetched from Bird later to fill a gap, published again from bird.raw.v1, made up to test the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When Bird saw the status or interaction; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
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
  /** Messaging platform: the part of Bird's event name before the dot. Open set. Values: whatsapp, sms, line. */
  readonly platform: string
  /** inbound: the user wrote it. outbound: the business wrote it. unknown: an interaction; Bird does not say whose message it was. Values: inbound, outbound, unknown. */
  readonly direction: string
  /** Of message.status the step, of message.interaction the kind. Steps arrive in any order and a failure may follow or precede a success: rank them, never take the last. Open set. Values: accepted, processing, sent, delivered, sending_failed, delivery_failed, read. */
  readonly status: string
  /** Bird's id of the interaction; null of a status. */
  readonly interactionId: string | null
  /** Bird's free-text reason of a failure; may quote the recipient's number. Personal data. */
  readonly reason: string | null
  /** Bird's failure code, e.g. 15005. */
  readonly failureCode: number | null
  /** Who failed, as Bird names it, e.g. whatsapp. */
  readonly failureSource: string | null
  /** The failing party's own code, e.g. 131026. */
  readonly failureSourceCode: string | null
  /** The business's own id for an outbound message, as it gave it to Bird. Free text: it may be an order's number. Personal data. */
  readonly reference: string | null
}

/** Somebody who takes part. */
export interface ConversationParticipant {
  /** Bird's participant id: a contact's contact id, a bot's bot id. */
  readonly id: string | null
  /** Who it is; an AI Employee is a bot. Open set. Values: contact, user, bot, accessKey, flow. */
  readonly type: string | null
  /** Bird's status of the participation. Open set. Values: active, pending. */
  readonly status: string | null
  /** Name as Bird shows it. Personal data. */
  readonly displayName: string | null
  /** Kind of the identifier. Open set. Values: phonenumber, emailaddress, whatsappbsuid, whatsappusername. */
  readonly identifierKey: string | null
  /** The identifier itself, e.g. a phone number in E.164. Personal data. */
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
  /** How it entered the pipeline, in this order: sent by Bird, fetched from Bird later to fill a gap, published again from bird.raw.v1, made up to test the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When Bird last updated the conversation; the time of receipt where Bird names none. Epoch milliseconds, UTC. */
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
  /** Bird's channel id of the conversation. */
  readonly channelId: string | null
  /** Title of the conversation as Bird sent it. Personal data. */
  readonly name: string | null
  /** Bird's status of the conversation. Open set. Values: active, closed. */
  readonly status: string | null
  /** Bird's featured participants, in its order; empty when it names none. */
  readonly participants: readonly ConversationParticipant[]
  /** Bird's ids of the AI Employees that take part; from attributes and participants. */
  readonly botIds: readonly string[]
  /** Bird's id of the last message. */
  readonly lastMessageId: string | null
  /** Body type of the last message, as bodyType in bird.messages.v1. Open set. Values: text, image, file, location, list, interactive, html, template, none. */
  readonly lastMessageType: string | null
  /** Status of the last message, as status in bird.message-statuses.v1. Open set. Values: accepted, processing, sent, delivered, sending_failed, delivery_failed, read. */
  readonly lastMessageStatus: string | null
  /** Who wrote the last message. Open set. Values: contact, bot, user. */
  readonly lastMessageSenderType: string | null
  /** Bird's preview of the last message's text. Personal data. */
  readonly lastMessagePreview: string | null
  /** Bird's attributes object as JSON with sorted keys. Personal data. */
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
  /** How it entered the pipeline, in this order: sent by Bird, fetched from Bird later to fill a gap, published again from bird.raw.v1, made up to test the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** When it happened where the body names a time in a known place; else the time of receipt. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** When the ingress received the webhook. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1 (its eventId there). */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. */
  readonly contentHash: string
  /** Bird's service as sent; empty where the body names none, messagebird for a legacy callback in a query. */
  readonly service: string
  /** Bird's event name as sent, else the body's type, callback for a legacy callback; empty where there is none. */
  readonly event: string
  /** Bird's id of what the event is about, where the body names one; then the record's key, else eventId is. */
  readonly entityId: string | null
  /** The whole body as JSON, exactly as sent; the query's parameters as JSON for a legacy callback. Personal data. */
  readonly payload: string
}

/** Signed bytes that nobody could read, or a record that nobody could decode. */
export interface QuarantinedRecord {
  /** Id of this entry: rawRef of the webhook, or group, topic, partition and offset of the record. */
  readonly eventId: string
  /** What was quarantined. Values: quarantine.webhook, quarantine.record. */
  readonly type: 'quarantine.webhook' | 'quarantine.record'
  /** Bird workspace of the source, for a webhook. */
  readonly workspaceId: string | null
  /** Name of the configured source, for a webhook. */
  readonly source: string | null
  /** Why nobody could read it: one of these values for a webhook, the error code (MUR_…) for a record. Open set. Values: empty, invalid-utf8, invalid-json, not-an-object, too-deep, unencodable, record-too-large. */
  readonly reason: string
  /** When it was set aside: of a webhook when it was received. Epoch milliseconds, UTC. */
  readonly quarantinedAt: TimestampMillis
  /** Id of the webhook's record in bird.raw.v1, for a webhook. */
  readonly rawRef: string | null
  /** Consumer group that could not decode, for a record. */
  readonly group: string | null
  /** Topic of the record without the deployment's prefix, for a record. */
  readonly originTopic: string | null
  /** Partition of the record there, for a record. */
  readonly originPartition: number | null
  /** Offset of the record there, for a record. */
  readonly originOffset: number | null
  /** Key of the record, byte for byte; null for a webhook and where the record had none. Personal data. */
  readonly key: Buffer | null
  /** The webhook's body or the record's value, byte for byte; empty where the value was null. Personal data. */
  readonly body: Buffer
}

/** What media-processor stored, or that it can't be had any more. */
export interface MediaAsset {
  /** Idempotency key: derivation version, workspace, message id and place in the message. The same for every repeat of the work. */
  readonly eventId: string
  /** What happened. Readers skip a value that they don't know. Values: media.stored, media.unavailable. */
  readonly type: 'media.stored' | 'media.unavailable'
  /** Bird workspace that the event belongs to; from the source's configuration. */
  readonly workspaceId: string
  /** The message's source. */
  readonly source: string
  /** How it entered the pipeline, in this order: sent by Bird, fetched from Bird later to fill a gap, published again from bird.raw.v1, made up to test the pipeline. Values: webhook, backfill, replay, canary. */
  readonly origin: string
  /** The message's own occurredAt. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** The message's own receivedAt. Epoch milliseconds, UTC. */
  readonly receivedAt: TimestampMillis
  /** The message's rawRef: id of the webhook's record in bird.raw.v1. */
  readonly rawRef: string
  /** SHA-256 of the content, hex, first 32 characters. Same eventId with another contentHash is a revision. A file that was unavailable and is stored later is one. */
  readonly contentHash: string
  /** The message's contactKey; the record's key. */
  readonly contactKey: string
  /** What contactKey is made of: see bird.messages.v1. Values: contact-id, identifier-hmac, message-id. */
  readonly keyBasis: string
  /** Bird's contact id, where the webhook names one. */
  readonly contactId: string | null
  /** Bird's id of the message that carried the file. */
  readonly messageId: string
  /** Place of the file in the message, from 0. */
  readonly mediaIndex: number
  /** What the user sent; the message's own media kind. Values: image, video, audio, document, sticker, file. */
  readonly kind: string
  /** SHA-256 of the stored bytes, hex; set when stored. */
  readonly sha256: string | null
  /** Size in bytes; set when stored. */
  readonly bytes: number | null
  /** Content type that the host stated; the message's own where it is not stored. */
  readonly contentType: string | null
  /** Key of the object in the media store; set when stored. Equal bytes share one object. */
  readonly objectKey: string | null
  /** File name as the sender gave it. Personal data. */
  readonly filename: string | null
  /** Why it can't be had; set when unavailable. Open set. Values: gone, forbidden-host, too-large, refused. */
  readonly reason: string | null
}

/** The end of one offset. */
export interface OutcomeEntry {
  /** Topic of the record without the deployment's prefix. */
  readonly topic: string
  /** Offset of the record. */
  readonly offset: number
  /** eventId of the record, where it could be decoded and has one. */
  readonly eventId: string | null
  /** How it ended. `retry` is no end yet: the record waits in the retry topic, and an entry with its end follows. Values: done, skip, retry, dead-letter, quarantine, discarded. */
  readonly kind: string
  /** Reason of a skip, or the error code (MUR_…); null when done. Open set. */
  readonly reason: string | null
  /** Tries so far: 1 is the first one; 0 for a record that waits behind another one of its key. */
  readonly attempt: number
  /** Time in the handler, all attempts, milliseconds. */
  readonly durationMs: number
  /** When the record came to this end. Epoch milliseconds, UTC. */
  readonly settledAt: TimestampMillis
}

/** What became of each offset: one record per group, partition and commit, acknowledged before the commit. A crash may repeat entries: dedupe on group, topic, partition, offset. */
export interface PartitionOutcomes {
  /** Consumer group without the deployment's prefix. */
  readonly group: string
  /** Kind of record. Values: outcomes.committed. */
  readonly type: 'outcomes.committed'
  /** Partition number, of every topic named in entries. */
  readonly partition: number
  /** Client id of the member that settled them. */
  readonly member: string
  /** When this record was written, shortly before the commit. Epoch milliseconds, UTC. */
  readonly reportedAt: TimestampMillis
  /** In the order in which they were settled. */
  readonly entries: readonly OutcomeEntry[]
}

/** Who retried, redrove, released, discarded or erased what, and why. */
export interface Operation {
  /** Id of the operation. A command that is repeated may write it again: dedupe on it. */
  readonly eventId: string
  /** What was done. Values: operation.retry, operation.redrive, operation.release, operation.discard, operation.erase. */
  readonly type: 'operation.retry' | 'operation.redrive' | 'operation.release' | 'operation.discard' | 'operation.erase'
  /** What it was done to, as <topic>/<partition>/<offset> of a record's first writing; the record's key. */
  readonly subject: string
  /** Who did it, as the command was told; Kafka's ACLs say who may. Personal data. */
  readonly actor: string
  /** Why, in the actor's words; no personal data. */
  readonly reason: string
  /** When it was ordered; what became of it is told elsewhere, e.g. in pipeline.outcomes.v1. Epoch milliseconds, UTC. */
  readonly occurredAt: TimestampMillis
  /** Parameters as JSON; no personal data. Of a record that was set aside: consumer, topic, partition, offset, eventId, failure, tries. */
  readonly details: string | null
}

/** A person was erased. Readers erase what they hold on this contact. */
export interface Erasure {
  /** Id that the operator's command gave the erasure. */
  readonly eventId: string
  /** Kind of record. Values: privacy.erased. */
  readonly type: 'privacy.erased'
  /** contactKey of the person as in bird.messages.v1; the record's key. */
  readonly contactKey: string
  /** Bird workspace that the contact belongs to. */
  readonly workspaceId: string
  /** The request's own reference, e.g. a ticket number; no personal data. */
  readonly requestRef: string
  /** Reference of the receipt in the audit log. */
  readonly receipt: string | null
  /** When it was carried out. Epoch milliseconds, UTC. */
  readonly erasedAt: TimestampMillis
  /** By when the last copy is gone from topics, backups and logs. Epoch milliseconds, UTC. */
  readonly goneBy: TimestampMillis
}
