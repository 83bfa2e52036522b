import type { Message } from '@murmuration/schemas'
import type { BirdEvent } from './bird-event.ts'
import { type ParsedWebhook, queryCallback } from './parse-webhook.ts'
import { isMappedBodyType } from './read-body.ts'
import { readText } from './read-field.ts'
import { findMapping } from './to-events.ts'

/**
 * What passed through whole because nothing here knows it; bounded, so that it can label a metric.
 *
 * - `service`: a service that Bird does not document, or none
 * - `event`: an event that Bird does not document, or one whose shape is not published
 * - `body-type`: a message whose content has no fields of its own here
 * - `field-shape`: a known event or body without what its mapping needs, or with something that no field takes
 */
export const unmappedKinds = ['service', 'event', 'body-type', 'field-shape'] as const

export type UnmappedKind = (typeof unmappedKinds)[number]

const documentedServices: ReadonlySet<string> = new Set(['channels', 'conversations', 'numbers', 'payments'])
/** Known, and passed whole by design: nothing to report. */
const wholeChannelEvents: ReadonlySet<string> = new Set([
  'channel.created',
  'channel.updated',
  'voice.inbound',
  'voice.outbound',
])

/**
 * What of a webhook passed through unmapped; empty for most. Looks at the events, never into the body, so it costs
 * nothing on the hot path.
 *
 * @param events what `toEvents` made of it
 */
export function describeUnmapped(parsed: ParsedWebhook, events: readonly BirdEvent[]): readonly UnmappedKind[] {
  const kinds: UnmappedKind[] = []
  for (const { record, event } of events) {
    if (record === 'platform-event') kinds.push(...describeWhole(parsed))
    else if (record === 'message' && event.unmappedBody !== null) kinds.push(describeBody(parsed, event))
  }
  return kinds
}

/** Of the new platform's contents text alone is mapped; Bird CRM's body types have fields of the same names. */
function describeBody(parsed: ParsedWebhook, { bodyType }: Message): UnmappedKind {
  const isMapped = parsed.service === '' ? bodyType === 'text' : isMappedBodyType(bodyType)
  return isMapped || bodyType === 'none' ? 'field-shape' : 'body-type'
}

function describeWhole(parsed: ParsedWebhook): readonly UnmappedKind[] {
  const { service, event, body } = parsed
  if (findMapping(parsed) !== null) return ['field-shape']
  if (service === queryCallback.service && event === queryCallback.event) return []
  if (service === 'channels' && wholeChannelEvents.has(event)) return []
  const isNewPlatform = service === '' && event === '' && readText(body.type) !== null
  return isNewPlatform || documentedServices.has(service) ? ['event'] : ['service']
}
