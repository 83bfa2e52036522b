import type { Queryable } from '@murmuration/database'
import type { Message } from '@murmuration/schemas'
import { toText, toTimestamp } from './to-sql-value.ts'

/**
 * Keeps the person at the other end of a message: its sender when inbound, its receiver when outbound.
 *
 * Name and identifier have a version each, since many events carry only one of them: the newest that is known stays.
 * Where the key is only the message's own id nobody is named, and nothing is written.
 */
export async function applyContact(tx: Queryable, event: Message): Promise<void> {
  if (event.keyBasis === 'message-id') return
  const seenAt = toTimestamp(event.occurredAt)
  const key = [toText(event.workspaceId), toText(event.contactKey)]
  await tx.query(
    `insert into crm.contacts as old (workspace_id, contact_key, key_basis, first_seen_at, last_seen_at)
     values ($1, $2, $3, $4, $4)
     on conflict (workspace_id, contact_key) do update set
       first_seen_at = least(old.first_seen_at, excluded.first_seen_at),
       last_seen_at = greatest(old.last_seen_at, excluded.last_seen_at)`,
    [...key, toText(event.keyBasis), seenAt],
  )
  const version = [seenAt, toText(event.eventId), toText(event.contentHash)]
  if (event.identifierValue !== null) {
    const kind = event.identifierKey === null ? null : toText(event.identifierKey)
    await tx.query(SET_IDENTIFIER, [...key, ...version, toText(event.identifierValue), kind])
  }
  if (event.contactName !== null) await tx.query(SET_NAME, [...key, ...version, toText(event.contactName)])
}

const SET_IDENTIFIER = `
  update crm.contacts set
    identifier_occurred_at = $3, identifier_event_id = $4, identifier_content_hash = $5,
    identifier_value = $6, identifier_key = $7
  where workspace_id = $1 and contact_key = $2 and (identifier_occurred_at is null
    or (identifier_occurred_at, identifier_event_id, identifier_content_hash) < ($3, $4, $5))`

const SET_NAME = `
  update crm.contacts set name_occurred_at = $3, name_event_id = $4, name_content_hash = $5, name = $6
  where workspace_id = $1 and contact_key = $2 and (name_occurred_at is null
    or (name_occurred_at, name_event_id, name_content_hash) < ($3, $4, $5))`
