import { readFileSync } from 'node:fs'
import type { Message, MessageMedia } from '@murmuration/schemas'

const example = JSON.parse(
  readFileSync(new URL('../../../schemas/message/example.json', import.meta.url), 'utf8'),
) as Message

/** The catalog's example message with these files. */
export function messageWith(media: readonly Partial<MessageMedia>[], changes: Partial<Message> = {}): Message {
  const blank: MessageMedia = { url: '', kind: 'image', contentType: null, filename: null, animated: null }
  return { ...example, media: media.map((file) => ({ ...blank, ...file })), ...changes }
}
