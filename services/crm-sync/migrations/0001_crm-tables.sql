-- Ids and hashes sort by byte (collate "C"): which of two versions wins must not depend on the database's locale.
-- Columns marked "Personal data." are listed in the README of crm-sync; a test compares.

create table crm.applied_events (
  event_id text collate "C" not null,
  content_hash text collate "C" not null,
  type text not null,
  raw_ref text not null,
  occurred_at timestamptz not null,
  applied_at timestamptz not null default now(),
  primary key (event_id, content_hash)
);
create index applied_events_applied_at on crm.applied_events using brin (applied_at);

comment on table crm.applied_events is
  'What was applied, so that a repeat is skipped. Every write is order-proof by itself: old rows may be deleted.';
comment on column crm.applied_events.event_id is 'Idempotency key of the event.';
comment on column crm.applied_events.content_hash is 'Same event_id with another content_hash is a revision, and is applied.';
comment on column crm.applied_events.type is 'Event type, e.g. message.inbound.';
comment on column crm.applied_events.raw_ref is 'Raw webhook of the copy that was applied: its eventId in bird.raw.v1.';
comment on column crm.applied_events.occurred_at is 'When it happened according to Bird.';
comment on column crm.applied_events.applied_at is 'When it was applied here, by the clock of the database.';

create table crm.contacts (
  workspace_id text not null,
  contact_key text not null,
  key_basis text not null,
  identifier_key text,
  identifier_value text,
  identifier_occurred_at timestamptz,
  identifier_event_id text collate "C",
  identifier_content_hash text collate "C",
  name text,
  name_occurred_at timestamptz,
  name_event_id text collate "C",
  name_content_hash text collate "C",
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  primary key (workspace_id, contact_key)
);
create index contacts_identifier on crm.contacts (workspace_id, identifier_key, identifier_value);

comment on table crm.contacts is 'People, made of the messages they sent and received.';
comment on column crm.contacts.workspace_id is 'Bird workspace.';
comment on column crm.contacts.contact_key is 'Bird''s contact id, or a keyed hash of the identifier where Bird names none.';
comment on column crm.contacts.key_basis is 'What contact_key is made of: contact-id or identifier-hmac.';
comment on column crm.contacts.identifier_key is 'Kind of identifier, e.g. phonenumber.';
comment on column crm.contacts.identifier_value is 'The newest identifier, e.g. a phone number. Personal data.';
comment on column crm.contacts.identifier_occurred_at is 'Version of the identifier: time of the event that named it.';
comment on column crm.contacts.identifier_event_id is 'Version of the identifier: id of that event.';
comment on column crm.contacts.identifier_content_hash is 'Version of the identifier: content of that event.';
comment on column crm.contacts.name is 'The newest display name. Personal data.';
comment on column crm.contacts.name_occurred_at is 'Version of the name: time of the event that named it.';
comment on column crm.contacts.name_event_id is 'Version of the name: id of that event.';
comment on column crm.contacts.name_content_hash is 'Version of the name: content of that event.';
comment on column crm.contacts.first_seen_at is 'Time of the earliest message known.';
comment on column crm.contacts.last_seen_at is 'Time of the latest message known.';

create table crm.messages (
  workspace_id text not null,
  message_id text not null,
  direction text not null,
  contact_key text not null,
  key_basis text not null,
  contact_id text,
  channel_id text,
  conversation_id text,
  platform text not null,
  body_type text not null,
  text text,
  location_latitude double precision,
  location_longitude double precision,
  location_address text,
  location_label text,
  actions jsonb not null,
  reply_to_message_id text,
  reply_to_type text,
  platform_reference text,
  platform_at timestamptz,
  reference text,
  locale text,
  meta jsonb,
  unmapped_body jsonb,
  source text not null,
  origin text not null,
  occurred_at timestamptz not null,
  event_id text collate "C" not null,
  content_hash text collate "C" not null,
  primary key (workspace_id, message_id)
);
create index messages_contact on crm.messages (workspace_id, contact_key, occurred_at);
create index messages_conversation on crm.messages (workspace_id, conversation_id, occurred_at)
  where conversation_id is not null;

comment on table crm.messages is 'Content of each message, its newest revision. Its delivery is in message_statuses.';
comment on column crm.messages.workspace_id is 'Bird workspace.';
comment on column crm.messages.message_id is 'Bird''s message id.';
comment on column crm.messages.direction is 'inbound: the contact wrote it. outbound: the contact is its receiver.';
comment on column crm.messages.contact_key is 'The contact; has no row in contacts where key_basis is message-id.';
comment on column crm.messages.key_basis is 'What contact_key is made of: contact-id, identifier-hmac or message-id (nobody named).';
comment on column crm.messages.contact_id is 'Bird''s contact id, where named.';
comment on column crm.messages.channel_id is 'Bird''s channel id.';
comment on column crm.messages.conversation_id is 'Bird''s conversation id, where named.';
comment on column crm.messages.platform is 'Messaging platform, e.g. whatsapp.';
comment on column crm.messages.body_type is 'Bird''s body type, open set.';
comment on column crm.messages.text is 'Text, or the caption of a file. Personal data.';
comment on column crm.messages.location_latitude is 'Degrees, WGS 84. Personal data.';
comment on column crm.messages.location_longitude is 'Degrees, WGS 84. Personal data.';
comment on column crm.messages.location_address is 'Postal address as sent. Personal data.';
comment on column crm.messages.location_label is 'Name of the place as sent. Personal data.';
comment on column crm.messages.actions is 'Choices made: [{type, text, payload}]. Personal data.';
comment on column crm.messages.reply_to_message_id is 'Message that this one answers.';
comment on column crm.messages.reply_to_type is 'How it answers, e.g. click.';
comment on column crm.messages.platform_reference is 'The platform''s own id; a WhatsApp id holds the phone number. Personal data.';
comment on column crm.messages.platform_at is 'The platform''s own time of the message.';
comment on column crm.messages.reference is 'The sender''s own id for an outbound message.';
comment on column crm.messages.locale is 'User locale, e.g. es-CO.';
comment on column crm.messages.meta is 'Order, referral, referred product as sent. Personal data.';
comment on column crm.messages.unmapped_body is 'The body where body_type is one that we don''t map. Personal data.';
comment on column crm.messages.source is 'Webhook endpoint that received it.';
comment on column crm.messages.origin is 'webhook, backfill, replay or canary.';
comment on column crm.messages.occurred_at is 'When it was sent, according to Bird. First part of the version.';
comment on column crm.messages.event_id is 'Event that is shown here. Second part of the version.';
comment on column crm.messages.content_hash is 'Its content. Third part of the version: the greatest wins.';

create table crm.message_media (
  workspace_id text not null,
  message_id text not null,
  media_index integer not null,
  kind text not null,
  url text not null,
  content_type text,
  filename text,
  animated boolean,
  primary key (workspace_id, message_id, media_index)
);

comment on table crm.message_media is 'Files of the revision that is in messages.';
comment on column crm.message_media.workspace_id is 'Bird workspace.';
comment on column crm.message_media.message_id is 'Message that carries the file.';
comment on column crm.message_media.media_index is 'Place of the file in the message, from 0; media.assets.v1 uses the same number.';
comment on column crm.message_media.kind is 'image, video, audio, document, sticker or file.';
comment on column crm.message_media.url is 'Where Bird serves it; wants the AccessKey and expires. Personal data.';
comment on column crm.message_media.content_type is 'Content type as Bird states it.';
comment on column crm.message_media.filename is 'File name as the sender gave it. Personal data.';
comment on column crm.message_media.animated is 'Whether a sticker is animated.';

-- No foreign key to messages: a status may arrive before its message, or without one.
create table crm.message_status_history (
  workspace_id text not null,
  message_id text not null,
  event_id text collate "C" not null,
  content_hash text collate "C" not null,
  type text not null,
  status text not null,
  occurred_at timestamptz not null,
  interaction_id text,
  reason text,
  failure_code integer,
  failure_source text,
  failure_source_code text,
  primary key (workspace_id, message_id, event_id, content_hash)
);

comment on table crm.message_status_history is 'Every status and interaction of a message, as it was reported.';
comment on column crm.message_status_history.workspace_id is 'Bird workspace.';
comment on column crm.message_status_history.message_id is 'Bird''s message id.';
comment on column crm.message_status_history.event_id is 'Event that reported it.';
comment on column crm.message_status_history.content_hash is 'Its content; a revision is a row of its own.';
comment on column crm.message_status_history.type is 'message.status or message.interaction.';
comment on column crm.message_status_history.status is 'Open set: accepted, processing, sent, delivered, read, sending_failed, delivery_failed, …';
comment on column crm.message_status_history.occurred_at is 'When it happened, according to Bird.';
comment on column crm.message_status_history.interaction_id is 'Bird''s id of the interaction.';
comment on column crm.message_status_history.reason is 'Bird''s free-text reason of a failure.';
comment on column crm.message_status_history.failure_code is 'Bird''s failure code.';
comment on column crm.message_status_history.failure_source is 'Who failed, e.g. whatsapp.';
comment on column crm.message_status_history.failure_source_code is 'The failing party''s own code, e.g. 131026.';

create table crm.message_statuses (
  workspace_id text not null,
  message_id text not null,
  status text not null,
  status_rank smallint not null,
  direction text not null,
  platform text not null,
  channel_id text,
  contact_id text,
  reason text,
  failure_code integer,
  failure_source text,
  failure_source_code text,
  reference text,
  occurred_at timestamptz not null,
  event_id text collate "C" not null,
  content_hash text collate "C" not null,
  primary key (workspace_id, message_id)
);

comment on table crm.message_statuses is 'The status that counts, one row per message: the greatest by rank, then by version.';
comment on column crm.message_statuses.workspace_id is 'Bird workspace.';
comment on column crm.message_statuses.message_id is 'Bird''s message id.';
comment on column crm.message_statuses.status is 'Status as Bird names it; failures win over everything, read over delivered.';
comment on column crm.message_statuses.status_rank is 'Rank at the time of writing, from status-order.ts. Changing ranks needs a migration.';
comment on column crm.message_statuses.direction is 'inbound, outbound or unknown.';
comment on column crm.message_statuses.platform is 'Messaging platform, e.g. whatsapp.';
comment on column crm.message_statuses.channel_id is 'Bird''s channel id.';
comment on column crm.message_statuses.contact_id is 'Bird''s contact id, where named.';
comment on column crm.message_statuses.reason is 'Bird''s free-text reason of a failure.';
comment on column crm.message_statuses.failure_code is 'Bird''s failure code.';
comment on column crm.message_statuses.failure_source is 'Who failed, e.g. whatsapp.';
comment on column crm.message_statuses.failure_source_code is 'The failing party''s own code, e.g. 131026.';
comment on column crm.message_statuses.reference is 'The sender''s own id for an outbound message.';
comment on column crm.message_statuses.occurred_at is 'When it happened, according to Bird. First part of the version.';
comment on column crm.message_statuses.event_id is 'Event that is shown here. Second part of the version.';
comment on column crm.message_statuses.content_hash is 'Its content. Third part of the version.';

create table crm.conversations (
  workspace_id text not null,
  conversation_id text not null,
  event_rank smallint not null,
  deleted boolean not null,
  contact_id text,
  channel_id text,
  name text,
  status text,
  participants jsonb not null,
  bot_ids text[] not null,
  last_message_id text,
  last_message_type text,
  last_message_status text,
  last_message_sender_type text,
  last_message_preview text,
  attributes jsonb,
  occurred_at timestamptz not null,
  event_id text collate "C" not null,
  content_hash text collate "C" not null,
  primary key (workspace_id, conversation_id)
);
create index conversations_contact on crm.conversations (workspace_id, contact_id) where contact_id is not null;

comment on table crm.conversations is 'Newest state of each conversation, as Bird sent it. Deleted ones stay, marked.';
comment on column crm.conversations.workspace_id is 'Bird workspace.';
comment on column crm.conversations.conversation_id is 'Bird''s conversation id.';
comment on column crm.conversations.event_rank is 'created 0, updated 1, deleted 2, from conversation-order.ts: the greatest wins, then the version.';
comment on column crm.conversations.deleted is 'Whether Bird deleted it. Nothing brings it back.';
comment on column crm.conversations.contact_id is 'Bird''s contact id of the participant of type contact.';
comment on column crm.conversations.channel_id is 'Bird''s channel id.';
comment on column crm.conversations.name is 'Title. Personal data.';
comment on column crm.conversations.status is 'Open set: active, closed.';
comment on column crm.conversations.participants is '[{id, type, status, displayName, identifierKey, identifierValue}]. Personal data.';
comment on column crm.conversations.bot_ids is 'AI Employees that take part.';
comment on column crm.conversations.last_message_id is 'Id of the last message.';
comment on column crm.conversations.last_message_type is 'Its body type.';
comment on column crm.conversations.last_message_status is 'Its status.';
comment on column crm.conversations.last_message_sender_type is 'Who wrote it: contact, bot or user.';
comment on column crm.conversations.last_message_preview is 'Preview of its text. Personal data.';
comment on column crm.conversations.attributes is 'Bird''s attributes object. Personal data.';
comment on column crm.conversations.occurred_at is 'When it changed, according to Bird. First part of the version.';
comment on column crm.conversations.event_id is 'Event that is shown here. Second part of the version.';
comment on column crm.conversations.content_hash is 'Its content. Third part of the version.';
