import type { HandleResult } from '@murmuration/consumer'
import type { Queryable } from '@murmuration/database'
import type { MessageStatus } from '@murmuration/schemas'
import { statusRank } from '../../status-order.ts'
import { applyOnce, toVersion, VERSION_ORDER } from './apply-once.ts'
import { insertOnce, upsertNewest } from './write-row.ts'

/** Adds to the history, and keeps the status that counts. The message may be unknown yet. */
export function applyStatus(tx: Queryable, event: MessageStatus): Promise<HandleResult> {
  const id = { workspace_id: event.workspaceId, message_id: event.messageId }
  const facts = {
    status: event.status,
    reason: event.reason,
    failure_code: event.failureCode,
    failure_source: event.failureSource,
    failure_source_code: event.failureSourceCode,
    ...toVersion(event),
  }
  return applyOnce(tx, event, async () => {
    await insertOnce(tx, 'message_status_history', {
      ...id,
      ...facts,
      type: event.type,
      interaction_id: event.interactionId,
    })
    await upsertNewest(tx, 'message_statuses', {
      row: {
        ...id,
        ...facts,
        status_rank: statusRank(event.status),
        direction: event.direction,
        platform: event.platform,
        channel_id: event.channelId,
        contact_id: event.contactId,
        reference: event.reference,
      },
      key: ['workspace_id', 'message_id'],
      order: ['status_rank', ...VERSION_ORDER],
    })
  })
}
