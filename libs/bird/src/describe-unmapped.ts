import type { Message, MessageStatus } from '@murmuration/schemas'
import type { BirdEvent } from './bird-event.ts'
import { findOddities } from './known-fields.ts'
import { type ParsedWebhook, queryCallback } from './parse-webhook.ts'
import { isMappedBodyType } from './read-body.ts'
import { isAbsent, readObject, readText, readTimeMs } from './read-field.ts'
import { findMapping } from './to-events.ts'

/**
 * What nothing here knows and so passed through whole: in the raw record, and where it says so in an event too. Bounded,
 * so that it can label a metric.
 *
 * - `service`: a service that Bird does not document, or none; in a platform event
 * - `event`: an event that Bird does not document, or one whose shape is not published; in a platform event
 * - `platform`: a messaging platform that Bird does not document; mapped like the others
 * - `status`: a status, or a kind of interaction, of no list; mapped like the others
 * - `body-type`: a message whose content has no fields of its own here; in the event's `unmappedBody`
 * - `field`: a field that Bird does not document, at any depth
 * - `field-shape`: a known event or body without what its mapping needs, or with something that no field takes
 */
export const unmappedKinds = ['service', 'event', 'platform', 'status', 'body-type', 'field', 'field-shape'] as const

export type UnmappedKind = (typeof unmappedKinds)[number]

const documentedServices: ReadonlySet<string> = new Set(['channels', 'conversations', 'numbers', 'payments'])
/** Known, and passed whole by design: nothing to report. */
const wholeChannelEvents: ReadonlySet<string> = new Set([
  'channel.created',
  'channel.updated',
  'voice.inbound',
  'voice.outbound',
])
/** Bird's words for them are not all published: Apple's is seen with and without a separator. */
const documentedPlatforms: ReadonlySet<string> = new Set([
  'whatsapp',
  'sms',
  'email',
  'line',
  'instagram',
  'facebook',
  'viber',
  'linkedin',
  'tiktok',
  'applebusinesschat',
  'apple-business-chat',
  'apple_business_chat',
  'apple business chat',
  'telegram',
  'rcs',
])
const documentedStatuses: ReadonlySet<string> = new Set([
  'accepted',
  'processing',
  'sent',
  'delivered',
  'sending_failed',
  'delivery_failed',
])
const documentedInteractions: ReadonlySet<string> = new Set(['read'])
/** How Bird's services print a time that is not set. */
const UNSET_TIME = '0001-'

/**
 * What of a webhook passed through unmapped, each kind once; empty for most.
 *
 * @param events what `toEvents` made of it
 */
export function describeUnmapped(parsed: ParsedWebhook, events: readonly BirdEvent[]): readonly UnmappedKind[] {
  const kinds: UnmappedKind[] = []
  for (const { record, event } of events) {
    if (record === 'platform-event') kinds.push(...describeWhole(parsed))
    if (record === 'message') kinds.push(...describeMessage(parsed, event))
    if (record === 'message-status') kinds.push(...describeStatus(parsed, event))
    if (record === 'conversation' && isUnreadTime(event, [parsed.payload.updatedAt])) kinds.push('field-shape')
  }
  kinds.push(...describeFields(parsed, events))
  return kinds.length < 2 ? kinds : [...new Set(kinds)]
}

/** Fields and shapes of no list, of what no event carries whole. */
function describeFields(parsed: ParsedWebhook, [first]: readonly BirdEvent[]): readonly UnmappedKind[] {
  const about = aboutOf(parsed, first)
  if (about === null) return []
  const { hasUnknownField, hasOtherShape } = findOddities(parsed.body, about)
  if (!hasUnknownField && !hasOtherShape) return []
  return [...(hasUnknownField ? (['field'] as const) : []), ...(hasOtherShape ? (['field-shape'] as const) : [])]
}

function aboutOf({ service }: ParsedWebhook, first: BirdEvent | undefined): Parameters<typeof findOddities>[1] | null {
  switch (first?.record) {
    case 'message':
      if (service === '') return 'received'
      // A body of which nothing is unmapped has been looked at.
      return first.event.unmappedBody === null || isOtherBody(first.event) ? 'otherMessage' : 'message'
    case 'message-status':
      return first.event.type === 'message.status' ? 'message' : 'interaction'
    case 'conversation':
      return 'conversation'
    default:
      return null
  }
}

function isOtherBody({ bodyType }: Message): boolean {
  return bodyType !== 'none' && !isMappedBodyType(bodyType)
}

function describeMessage(parsed: ParsedWebhook, message: Message): readonly UnmappedKind[] {
  const { service, body, payload } = parsed
  const isNewPlatform = service === ''
  const kinds: UnmappedKind[] = []
  if (!documentedPlatforms.has(message.platform)) kinds.push('platform')
  const status = isNewPlatform ? null : readText(payload.status)
  if (status !== null && !documentedStatuses.has(status)) kinds.push('status')
  if (message.unmappedBody !== null) kinds.push(...describeBody(parsed, message))
  const isOdd =
    isUnreadTime(message, [isNewPlatform ? body.timestamp : payload.createdAt]) ||
    (message.platformAt === null && !isAbsent(readObject(readObject(payload.meta).extraInformation).timestamp))
  if (isOdd) kinds.push('field-shape')
  return kinds
}

/** Of the new platform's contents text alone is mapped; Bird CRM's body types have fields of the same names. */
function describeBody({ service, payload }: ParsedWebhook, message: Message): readonly UnmappedKind[] {
  const { bodyType } = message
  if (service === '') return [bodyType === 'text' || bodyType === 'none' ? 'field-shape' : 'body-type']
  if (isOtherBody(message)) return ['body-type']
  // A field of no list is told as one, where there is nothing else to tell.
  const { hasUnknownField, hasOtherShape } = findOddities(readObject(payload.body), 'messageBody')
  return hasUnknownField && !hasOtherShape ? [] : ['field-shape']
}

function describeStatus({ payload }: ParsedWebhook, event: MessageStatus): readonly UnmappedKind[] {
  const isStatus = event.type === 'message.status'
  const kinds: UnmappedKind[] = []
  if (!documentedPlatforms.has(event.platform)) kinds.push('platform')
  if (!(isStatus ? documentedStatuses : documentedInteractions).has(event.status)) kinds.push('status')
  const failure = readObject(payload.failure)
  const isOdd =
    isUnreadTime(event, isStatus ? [payload.lastStatusAt, payload.updatedAt] : [payload.createdAt]) ||
    (isStatus && event.failureCode === null && !isAbsent(failure.code)) ||
    (isStatus && event.failureSourceCode === null && !isAbsent(readObject(failure.source).code))
  if (isOdd) kinds.push('field-shape')
  return kinds
}

/** Whether an event had to take the time of receipt though there is another, and none that its sender had not set. */
function isUnreadTime(
  { occurredAt, receivedAt }: { readonly occurredAt: number; readonly receivedAt: number },
  times: readonly unknown[],
): boolean {
  if (occurredAt !== receivedAt) return false
  return times.some((time) => !isAbsent(time) && readTimeMs(time) === null && !isUnset(time))
}

function isUnset(time: unknown): boolean {
  return typeof time === 'string' && time.startsWith(UNSET_TIME)
}

function describeWhole(parsed: ParsedWebhook): readonly UnmappedKind[] {
  const { service, event, body } = parsed
  if (findMapping(parsed) !== null) return ['field-shape']
  if (service === queryCallback.service && event === queryCallback.event) return []
  if (service === 'channels' && wholeChannelEvents.has(event)) return []
  const isNewPlatform = service === '' && event === '' && readText(body.type) !== null
  return isNewPlatform || documentedServices.has(service) ? ['event'] : ['service']
}
