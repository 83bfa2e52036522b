import { hash } from 'node:crypto'
import type { MediaAsset, Message, MessageMedia } from '@murmuration/schemas'
import type { AcquiredMedia } from './acquire-media.ts'

/** Everything but printable ASCII, and `:` and `%`, which carry meaning in an event id; as the ingress encodes parts. */
const unsafe = /[^!-$&-9;-~]/gu

/**
 * The event that says what became of one file of a message. Made of the message and the result alone, so a repeat
 * yields the same event.
 *
 * @param input.index place of the file in the message, from 0
 */
export function toAsset(
  message: Message,
  input: { readonly media: MessageMedia; readonly index: number; readonly acquired: AcquiredMedia },
): MediaAsset {
  const content = toContent(message, input)
  return {
    eventId: toEventId(message, input.index),
    workspaceId: message.workspaceId,
    source: message.source,
    origin: message.origin,
    occurredAt: message.occurredAt,
    receivedAt: message.receivedAt,
    rawRef: message.rawRef,
    contentHash: hash('sha256', JSON.stringify(content), 'hex').slice(0, 32),
    contactKey: message.contactKey,
    keyBasis: message.keyBasis,
    contactId: message.contactId,
    ...content,
  }
}

/** The fields that are hashed, in the order in which they are hashed: moving one changes every contentHash. */
function toContent(
  message: Message,
  {
    media,
    index,
    acquired,
  }: { readonly media: MessageMedia; readonly index: number; readonly acquired: AcquiredMedia },
) {
  const stored = acquired.kind === 'stored' ? acquired : undefined
  return {
    type: stored === undefined ? 'media.unavailable' : 'media.stored',
    messageId: message.messageId,
    mediaIndex: index,
    kind: media.kind,
    sha256: stored?.sha256 ?? null,
    bytes: stored?.bytes ?? null,
    contentType: stored?.contentType ?? media.contentType,
    objectKey: stored?.objectKey ?? null,
    filename: media.filename,
    reason: acquired.kind === 'unavailable' ? acquired.reason : null,
  } as const
}

function toEventId(message: Message, index: number): string {
  const encode = (part: string) => part.replace(unsafe, (character) => encodeURIComponent(character))
  return `1:${encode(message.workspaceId)}:media:${encode(message.messageId)}:${index}`
}
