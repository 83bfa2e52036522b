import type { HandleResult } from '@murmuration/consumer'
import type { Queryable } from '@murmuration/database'
import type { Conversation } from '@murmuration/schemas'
import { conversationRank } from '../../conversation-order.ts'
import { applyOnce, toVersion, VERSION_ORDER } from './apply-once.ts'
import { toJson, toOptionalJson } from './to-sql-value.ts'
import { upsertNewest } from './write-row.ts'

/** Keeps the newest state of a conversation; a deletion stays. */
export function applyConversation(tx: Queryable, event: Conversation): Promise<HandleResult> {
  return applyOnce(tx, event, async () => {
    await upsertNewest(tx, 'conversations', {
      row: {
        workspace_id: event.workspaceId,
        conversation_id: event.conversationId,
        event_rank: conversationRank(event.type),
        deleted: event.type === 'conversation.deleted',
        contact_id: event.contactId,
        channel_id: event.channelId,
        name: event.name,
        status: event.status,
        participants: toJson(event.participants),
        bot_ids: event.botIds,
        last_message_id: event.lastMessageId,
        last_message_type: event.lastMessageType,
        last_message_status: event.lastMessageStatus,
        last_message_sender_type: event.lastMessageSenderType,
        last_message_preview: event.lastMessagePreview,
        attributes: toOptionalJson(event.attributes),
        ...toVersion(event),
      },
      key: ['workspace_id', 'conversation_id'],
      order: ['event_rank', ...VERSION_ORDER],
    })
  })
}
