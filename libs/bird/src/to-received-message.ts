import type { Message } from '@murmuration/schemas'
import type { EventContext } from './bird-event.ts'
import { canonicalJson } from './content-hash.ts'
import { type JsonObject, readObject, readText, readTimeMs } from './read-field.ts'
import { wrapMessage } from './to-message.ts'

/** Fields of `data` around the content. */
const envelopeFields: ReadonlySet<string> = new Set(['whatsapp_id', 'workspace_id', 'direction'])
/** So are these, where they name a phone number and nothing else that no field takes; else they stay with the content. */
const partyFields: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['from', new Set(['phone_number', 'display_name'])],
  ['to', new Set(['phone_number'])],
])

/** Names of content that the platform is known to send. */
const knownArms = [
  'text',
  'image',
  'video',
  'audio',
  'sticker',
  'document',
  'location',
  'contact_cards',
  'interactive_reply',
  'unsupported',
] as const

/**
 * The message of the new platform's `whatsapp.received`; null where `data.whatsapp_id` is missing.
 *
 * Text is mapped. Any other content travels whole in `unmappedBody`, under its own name as bodyType: of the other
 * shapes only the names are known. So does what stands beside a text.
 *
 * The platform names no contact id, so the key is the HMAC of the phone number.
 */
export function toReceivedMessage(body: JsonObject, context: EventContext): Message | null {
  const data = readObject(body.data)
  const messageId = readText(data.whatsapp_id)
  if (messageId === null) return null
  const from = readObject(data.from)
  const phoneNumber = readText(from.phone_number)
  const content = readContent(data)
  return wrapMessage(
    {
      actions: [],
      bodyType: content.bodyType,
      channelId: null,
      contactId: null,
      contactName: readText(from.display_name),
      conversationId: null,
      identifierKey: phoneNumber === null ? null : 'phonenumber',
      identifierValue: phoneNumber,
      locale: null,
      location: null,
      media: [],
      messageId,
      meta: null,
      platform: 'whatsapp',
      platformAt: null,
      platformReference: null,
      reference: null,
      replyToMessageId: null,
      replyToType: null,
      text: content.text,
      unmappedBody: content.unmappedBody,
    },
    context,
    { direction: 'inbound', occurredAtMs: readTimeMs(body.timestamp) },
  )
}

/** The content under the name of its field: a known one, else the first object or list beside the envelope's fields. */
function readContent(data: JsonObject): Pick<Message, 'bodyType' | 'text' | 'unmappedBody'> {
  const fields = Object.entries(data).filter(([name, value]) => value !== null && !isEnvelope(name, value))
  const text = readObject(data.text)
  const isTextAlone = readText(text.body) !== null && fields.length === 1 && Object.keys(text).length === 1
  return {
    bodyType: nameContent(data, fields),
    text: readText(text.body),
    unmappedBody: isTextAlone || fields.length === 0 ? null : canonicalJson(Object.fromEntries(fields)),
  }
}

function isEnvelope(name: string, value: unknown): boolean {
  const known = partyFields.get(name)
  if (known === undefined) return envelopeFields.has(name)
  const party = readObject(value)
  return readText(party.phone_number) !== null && Object.keys(party).every((field) => known.has(field))
}

function nameContent(data: JsonObject, fields: readonly (readonly [string, unknown])[]): string {
  const known = knownArms.find((name) => isContent(data[name]))
  const other = known ?? fields.find(([name, value]) => !partyFields.has(name) && isContent(value))?.[0]
  return readText(other) ?? 'none'
}

function isContent(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
