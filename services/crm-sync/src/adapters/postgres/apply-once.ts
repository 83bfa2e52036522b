import type { HandleResult } from '@murmuration/consumer'
import type { Queryable } from '@murmuration/database'
import type { CrmEvent } from '../../crm-adapter.ts'
import { DONE, DUPLICATE } from '../../crm-adapter.ts'
import { toTimestamp } from './to-sql-value.ts'
import { insertOnce } from './write-row.ts'

/**
 * Runs `write` unless this very content was applied before, in the caller's transaction: the mark and the effect are
 * committed together or not at all.
 *
 * Locks are always taken in the order applied_events, contacts, messages, message_media, message_status_history,
 * message_statuses, conversations, one row of each at most (but for the files of one message): no two can deadlock.
 */
export async function applyOnce(tx: Queryable, event: CrmEvent, write: () => Promise<void>): Promise<HandleResult> {
  const isNew = await insertOnce(tx, 'applied_events', {
    event_id: event.eventId,
    content_hash: event.contentHash,
    type: event.type,
    raw_ref: event.rawRef,
    occurred_at: toTimestamp(event.occurredAt),
  })
  if (!isNew) return DUPLICATE
  await write()
  return DONE
}

/** The columns that a row is compared by. */
export function toVersion(event: CrmEvent) {
  return {
    occurred_at: toTimestamp(event.occurredAt),
    event_id: event.eventId,
    content_hash: event.contentHash,
  }
}

export const VERSION_ORDER = ['occurred_at', 'event_id', 'content_hash'] as const
