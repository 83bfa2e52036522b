import { isJsonObject, type JsonObject } from './read-field.ts'

/**
 * Fields that Bird documents, or that real webhooks have: each with the fields of what it holds (of each item, where it is a
 * list), or null for a value and for an object whose fields are free by design.
 */
export interface KnownFields {
  readonly [name: string]: KnownFields | null
}

/** The same in Maps: faster, and a field called `constructor` is known to nobody. */
type KnownFieldMap = ReadonlyMap<string, KnownFieldMap | null>

const connector = { annotations: null, id: null, identifierValue: null }
const contact = {
  annotations: null,
  id: null,
  identifierKey: null,
  identifierValue: null,
  platformAddress: null,
}
const party = { connector, contact, contacts: contact, displayName: null, type: null }
const actions = { postback: { payload: null, text: null }, type: null }
const media = { contentType: null, filename: null, mediaUrl: null, metadata: null }
const participant = { avatarUrl: null, contact, displayName: null, id: null, status: null, type: null }

/** Of a message's or a status's payload. */
const messagePayload: KnownFields = {
  batchId: null,
  body: {
    file: { actions, files: media, text: null },
    image: { actions, images: media, text: null },
    interactive: { actions, text: null },
    list: { actions, text: null },
    location: { coordinates: { latitude: null, longitude: null }, location: { address: null, label: null } },
    text: { actions, text: null },
    type: null,
  },
  channelId: null,
  chargeableUnits: null,
  conversationId: null,
  createdAt: null,
  details: null,
  direction: null,
  failure: { code: null, source: { code: null, name: null } },
  id: null,
  lastStatusAt: null,
  meta: {
    extraInformation: null,
    order: null,
    referral: null,
    referredProduct: null,
    'whatsapp.interactive.type': null,
  },
  parts: { platformReference: null },
  reason: null,
  receiver: party,
  reference: null,
  replyTo: { id: null, order: null, type: null },
  sender: party,
  status: null,
  template: null,
  updatedAt: null,
}

const interactionPayload: KnownFields = {
  channelId: null,
  createdAt: null,
  id: null,
  messageId: null,
  reason: null,
  receiver: party,
  reference: null,
  sender: party,
  type: null,
  updatedAt: null,
}

const conversationPayload: KnownFields = {
  accessibility: null,
  activeParticipantCount: null,
  attributes: null,
  channelId: null,
  createdAt: null,
  description: null,
  featuredParticipants: participant,
  id: null,
  initiatingParticipant: participant,
  lastMessage: {
    createdAt: null,
    id: null,
    preview: { text: null },
    recipients: {
      contactAnnotation: null,
      id: null,
      identifierKey: null,
      identifierValue: null,
      platformAddress: null,
      type: null,
    },
    sender: participant,
    status: null,
    type: null,
  },
  lastMessageIncomingAt: null,
  lastMessageOutgoingAt: null,
  name: null,
  pendingParticipantCount: null,
  status: null,
  updatedAt: null,
  visibility: null,
}

const inEnvelope = (payload: KnownFields) => toMap({ event: null, payload, service: null })

/** By what a webhook is about. Of the new platform's message the content has no list: what isn't mapped is kept whole. */
const knownFields = {
  message: inEnvelope(messagePayload),
  /** The same for a message whose body is kept whole beside its fields. */
  keptMessage: inEnvelope({ ...messagePayload, body: null }),
  interaction: inEnvelope(interactionPayload),
  conversation: inEnvelope(conversationPayload),
  received: toMap({ data: null, timestamp: null, type: null }),
} as const satisfies Record<string, KnownFieldMap>

/** Whether a webhook about this has a field of no list, at any depth. Costs about a microsecond. */
export function hasUnknownField(body: JsonObject, about: keyof typeof knownFields): boolean {
  return hasOther(body, knownFields[about])
}

function hasOther(object: JsonObject, known: KnownFieldMap): boolean {
  // Faster than its list of keys; JSON has no inherited ones.
  for (const name in object) {
    const inner = known.get(name)
    if (inner === undefined) return true
    if (inner !== null && holdsOther(object[name], inner)) return true
  }
  return false
}

function holdsOther(value: unknown, known: KnownFieldMap): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsOther(item, known))
  return isJsonObject(value) && hasOther(value, known)
}

function toMap(fields: KnownFields): KnownFieldMap {
  return new Map(Object.entries(fields).map(([name, inner]) => [name, inner === null ? null : toMap(inner)]))
}
