import type { Message, MessageAction, MessageLocation } from '@murmuration/schemas'
import { canonicalJson } from './content-hash.ts'
import { findOddities } from './known-fields.ts'
import { isAbsent, isJsonObject, type JsonObject, readList, readNumber, readObject, readText } from './read-field.ts'
import { readMedia } from './read-media.ts'

/** A message's body, read. */
export type MessageBody = Pick<Message, 'bodyType' | 'text' | 'media' | 'location' | 'actions' | 'unmappedBody'>

/** Body types whose content has fields of its own. A body without a type is read like one of them. */
const mappedTypes: ReadonlySet<string> = new Set(['text', 'image', 'file', 'location', 'list', 'interactive'])
/** Places of a text, in order of preference. A list reply was seen, or is claimed, under each of the first three. */
const textArms = ['text', 'list', 'interactive', 'file', 'image'] as const
const actionArms = ['text', 'list', 'interactive', 'file', 'image'] as const

export function isMappedBodyType(bodyType: string): boolean {
  return mappedTypes.has(bodyType)
}

/**
 * Reads `payload.body`. What has no typed field is kept in `unmappedBody`, with the whole body: a type that we don't know, a known
 * one without readable content, a file, choice or place that can't be read, a second text, and a field of no list.
 *
 * @param mediaType WhatsApp's own word for the media (`whatsapp.media.type`), if any
 */
export function readBody(body: unknown, mediaType: string | null): MessageBody {
  const fields = readObject(body)
  const type = readText(fields.type)
  const bodyType = type ?? 'none'
  if (type !== null && !mappedTypes.has(type)) {
    return { bodyType, text: null, media: [], location: null, actions: [], unmappedBody: canonicalJson(body) }
  }
  const texts = readTexts(fields)
  const media = readMedia(fields, mediaType)
  const location = readLocation(readObject(fields.location))
  const actions = readActions(fields)
  const isEmpty = texts.length === 0 && media.items.length === 0 && location === null && actions.items.length === 0
  const isRead =
    media.isWhole && actions.isWhole && texts.length < 2 && (location === null) === isAbsent(fields.location)
  const isWhole = isRead && !isEmpty && type !== null && !isOdd(fields)
  const holdsSomething = isJsonObject(body) ? Object.keys(body).length > 0 : !isAbsent(body)
  const unmappedBody = isWhole || !holdsSomething ? null : canonicalJson(body)
  return { bodyType, text: texts[0] ?? null, media: media.items, location, actions: actions.items, unmappedBody }
}

function isOdd(fields: JsonObject): boolean {
  const { hasUnknownField, hasOtherShape } = findOddities(fields, 'messageBody')
  return hasUnknownField || hasOtherShape
}

/** Each text once, of `body.<arm>.text`, or of `body.<arm>` where that is the text itself; the likeliest first. */
function readTexts(body: JsonObject): readonly string[] {
  const texts: string[] = []
  for (const arm of textArms) {
    const value = body[arm]
    const text = readText(isJsonObject(value) ? value.text : value)
    if (text !== null && !texts.includes(text)) texts.push(text)
  }
  return texts
}

function readLocation(location: JsonObject): MessageLocation | null {
  const coordinates = readObject(location.coordinates)
  const latitude = readNumber(coordinates.latitude)
  const longitude = readNumber(coordinates.longitude)
  if (latitude === null || longitude === null) return null
  const place = readObject(location.location)
  return { address: readText(place.address), label: readText(place.label), latitude, longitude }
}

function readActions(body: JsonObject): { items: readonly MessageAction[]; isWhole: boolean } {
  const items: MessageAction[] = []
  let isWhole = true
  for (const arm of actionArms) {
    for (const entry of readList(readObject(body[arm]).actions)) {
      const action = readObject(entry)
      const postback = readObject(action.postback)
      const text = readText(postback.text)
      const payload = readText(postback.payload)
      if (text === null && payload === null) isWhole = false
      else items.push({ payload, text, type: readText(action.type) ?? 'postback' })
    }
  }
  return { items, isWhole }
}
