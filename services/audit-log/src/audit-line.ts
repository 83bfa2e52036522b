import type { HandlerContext } from '@murmuration/consumer'
import type { Operation, PartitionOutcomes, RawWebhook } from '@murmuration/schemas'

/** An event of the topics that are audited. */
export type AuditedEvent = RawWebhook | PartitionOutcomes | Operation

/** One line of the trail: headers only, no personal data. */
export interface AuditLine {
  /** Version of the format. */
  readonly v: 1
  readonly kind: 'event' | 'outcome' | 'operation' | 'undecodable'
  /** Topic, partition, offset. Offsets are text: they may exceed what a JSON number holds. */
  readonly t: string
  readonly p: number
  readonly o: string
  /** When it happened, epoch ms; null where the record can't be decoded. */
  readonly at: number | null
  readonly eventId: string | null
  readonly type: string | null
  /** Scheme and key id that verified a webhook. */
  readonly verdict: string | null
}

type Place = Pick<HandlerContext, 'topic' | 'partition' | 'offset'>

/** The line of an audited record. Pure. */
export function toAuditLine(event: AuditedEvent, place: Place): AuditLine {
  const at = { v: 1, t: place.topic, p: place.partition, o: String(place.offset), type: event.type } as const
  switch (event.type) {
    case 'webhook.received': {
      const verdict = `${event.scheme}:${event.keyId}`
      return { ...at, kind: 'event', at: event.receivedAt, eventId: event.eventId, verdict }
    }
    case 'outcomes.committed':
      return { ...at, kind: 'outcome', at: event.reportedAt, eventId: null, verdict: null }
    default:
      return { ...at, kind: 'operation', at: event.occurredAt, eventId: event.eventId, verdict: null }
  }
}

/** The line of a record that nobody can decode: that it was there, and where. Pure. */
export function toUndecodableLine(place: Place): AuditLine {
  return {
    v: 1,
    kind: 'undecodable',
    t: place.topic,
    p: place.partition,
    o: String(place.offset),
    at: null,
    eventId: null,
    type: null,
    verdict: null,
  }
}
