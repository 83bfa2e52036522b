import type { HandleResult } from '@murmuration/consumer'
import type { Queryable } from '@murmuration/database'
import type { Message } from '@murmuration/schemas'
import { applyContact } from './apply-contact.ts'
import { applyOnce, toVersion, VERSION_ORDER } from './apply-once.ts'
import { toJson, toOptionalJson, toOptionalTimestamp, toText } from './to-sql-value.ts'
import type { Row } from './write-row.ts'
import { insertOnce, upsertNewest } from './write-row.ts'

/** Keeps the contact, and the newest revision of the message with its files. */
export function applyMessage(tx: Queryable, event: Message): Promise<HandleResult> {
  return applyOnce(tx, event, async () => {
    await applyContact(tx, event)
    const isNewest = await upsertNewest(tx, 'messages', {
      row: toMessageRow(event),
      key: ['workspace_id', 'message_id'],
      order: VERSION_ORDER,
    })
    if (isNewest) await replaceMedia(tx, event)
  })
}

/** Safe beside other revisions of the message: the caller holds the lock of its row. */
async function replaceMedia(tx: Queryable, { workspaceId, messageId, media }: Message): Promise<void> {
  const id = [toText(workspaceId), toText(messageId)]
  await tx.query('delete from crm.message_media where workspace_id = $1 and message_id = $2', id)
  for (const [index, file] of media.entries()) {
    await insertOnce(tx, 'message_media', {
      workspace_id: workspaceId,
      message_id: messageId,
      media_index: index,
      kind: file.kind,
      url: file.url,
      content_type: file.contentType,
      filename: file.filename,
      animated: file.animated,
    })
  }
}

function toMessageRow(event: Message): Row {
  return {
    workspace_id: event.workspaceId,
    message_id: event.messageId,
    direction: event.type === 'message.inbound' ? 'inbound' : 'outbound',
    contact_key: event.contactKey,
    key_basis: event.keyBasis,
    contact_id: event.contactId,
    channel_id: event.channelId,
    conversation_id: event.conversationId,
    platform: event.platform,
    body_type: event.bodyType,
    text: event.text,
    location_latitude: event.location?.latitude ?? null,
    location_longitude: event.location?.longitude ?? null,
    location_address: event.location?.address ?? null,
    location_label: event.location?.label ?? null,
    actions: toJson(event.actions),
    reply_to_message_id: event.replyToMessageId,
    reply_to_type: event.replyToType,
    platform_reference: event.platformReference,
    platform_at: toOptionalTimestamp(event.platformAt),
    reference: event.reference,
    locale: event.locale,
    meta: toOptionalJson(event.meta),
    unmapped_body: toOptionalJson(event.unmappedBody),
    source: event.source,
    origin: event.origin,
    ...toVersion(event),
  }
}
