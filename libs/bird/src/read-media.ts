import type { MessageMedia } from '@murmuration/schemas'
import { isJsonObject, type JsonObject, readFlag, readList, readObject, readText } from './read-field.ts'

const whatsappKinds: ReadonlySet<string> = new Set(['image', 'video', 'audio', 'document', 'sticker'])

/**
 * Files of a body, in Bird's order: `image.images[]`, then `file.files[]`. An entry without a URL can't be fetched and
 * is left out; `isWhole` says whether that happened.
 *
 * @param mediaType `whatsapp.media.type`; absent for stickers
 */
export function readMedia(
  body: JsonObject,
  mediaType: string | null,
): { items: readonly MessageMedia[]; isWhole: boolean } {
  const items: MessageMedia[] = []
  let isWhole = true
  for (const image of readList(readObject(body.image).images)) {
    const item = toMedia(readObject(image), () => 'image')
    if (item === null) isWhole = false
    else items.push(item)
  }
  for (const file of readList(readObject(body.file).files)) {
    const item = toMedia(readObject(file), (contentType, entry) => kindOf(contentType, entry, mediaType))
    if (item === null) isWhole = false
    else items.push(item)
  }
  return { items, isWhole }
}

function toMedia(
  entry: JsonObject,
  toKind: (contentType: string | null, entry: JsonObject) => string,
): MessageMedia | null {
  const url = readText(entry.mediaUrl)
  if (url === null) return null
  const contentType = readText(entry.contentType)
  return {
    animated: readFlag(readObject(entry.metadata).isAnimated),
    contentType,
    filename: readText(entry.filename),
    kind: toKind(contentType, entry),
    url,
  }
}

/** What the user sent, by WhatsApp's word for it, else by content type; `file` where neither says anything. */
function kindOf(contentType: string | null, entry: JsonObject, mediaType: string | null): string {
  if (mediaType !== null && whatsappKinds.has(mediaType)) return mediaType
  if (contentType === null) return 'file'
  const type = contentType.toLowerCase()
  if (type.startsWith('image/webp') && isJsonObject(entry.metadata)) return 'sticker'
  if (type.startsWith('image/')) return 'image'
  if (type.startsWith('video/')) return 'video'
  if (type.startsWith('audio/')) return 'audio'
  return 'document'
}
