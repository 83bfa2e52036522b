import type { JsonObject } from './read-field.ts'

/**
 * What Bird documents, or real webhooks have, in the place of a field: a value; what is free by design; an object with these
 * fields; a list of such objects; or such an object or, for short, its text.
 */
type Shape = 'value' | 'free' | Fields | readonly ['list-of' | 'text-or', Fields]

interface Fields {
  readonly [name: string]: Shape
}

/** The same in Maps: faster, and a field called `constructor` is known to nobody. */
type Known = 'value' | 'free' | KnownObject

interface KnownObject {
  readonly fields: ReadonlyMap<string, Known>
  readonly form: 'object' | 'list-of' | 'text-or'
}

/** What of a webhook is not as it is known. */
export interface Oddities {
  /** A field of no list. */
  readonly hasUnknownField: boolean
  /** An object where a value is expected, or the other way round. */
  readonly hasOtherShape: boolean
}

const connector: Fields = { annotations: { name: 'value' }, id: 'value', identifierValue: 'value' }
const contact: Fields = {
  annotations: { name: 'value' },
  id: 'value',
  identifierKey: 'value',
  identifierValue: 'value',
  platformAddress: 'value',
}
const sender: Fields = { connector, contact, displayName: 'value', type: 'value' }
const receiver: Fields = { connector, contacts: ['list-of', contact] }
const actions: Shape = ['list-of', { postback: { payload: 'value', text: 'value' }, type: 'value' }]
const media: Shape = [
  'list-of',
  { contentType: 'value', filename: 'value', mediaUrl: 'value', metadata: { isAnimated: 'value' } },
]
const participant: Fields = {
  avatarUrl: 'value',
  contact,
  displayName: 'value',
  id: 'value',
  status: 'value',
  type: 'value',
}

const messageBody: Fields = {
  file: ['text-or', { actions, files: media, text: 'value' }],
  image: ['text-or', { actions, images: media, text: 'value' }],
  interactive: ['text-or', { actions, text: 'value' }],
  list: ['text-or', { actions, text: 'value' }],
  location: { coordinates: { latitude: 'value', longitude: 'value' }, location: { address: 'value', label: 'value' } },
  text: ['text-or', { actions, text: 'value' }],
  type: 'value',
}

/** Of a message's or a status's payload. */
const messagePayload: Fields = {
  batchId: 'value',
  body: messageBody,
  channelId: 'value',
  chargeableUnits: 'value',
  conversationId: 'value',
  createdAt: 'value',
  details: 'value',
  direction: 'value',
  failure: { code: 'value', source: ['text-or', { code: 'value', name: 'value' }] },
  id: 'value',
  lastStatusAt: 'value',
  meta: {
    extraInformation: 'free',
    order: 'free',
    referral: 'free',
    referredProduct: 'free',
    'whatsapp.interactive.type': 'value',
  },
  parts: ['list-of', { platformReference: 'value' }],
  reason: 'value',
  receiver,
  reference: 'value',
  replyTo: { id: 'value', order: 'value', type: 'value' },
  sender,
  status: 'value',
  template: 'free',
  updatedAt: 'value',
}

const interactionPayload: Fields = {
  channelId: 'value',
  createdAt: 'value',
  id: 'value',
  messageId: 'value',
  reason: 'value',
  receiver,
  reference: 'value',
  sender,
  type: 'value',
  updatedAt: 'value',
}

const conversationPayload: Fields = {
  accessibility: 'value',
  activeParticipantCount: 'value',
  attributes: 'free',
  channelId: 'value',
  createdAt: 'value',
  description: 'value',
  featuredParticipants: ['list-of', participant],
  id: 'value',
  initiatingParticipant: participant,
  lastMessage: {
    createdAt: 'value',
    id: 'value',
    preview: ['text-or', { text: 'value' }],
    recipients: [
      'list-of',
      {
        contactAnnotation: { name: 'value' },
        id: 'value',
        identifierKey: 'value',
        identifierValue: 'value',
        platformAddress: 'value',
        type: 'value',
      },
    ],
    sender: participant,
    status: 'value',
    type: 'value',
  },
  lastMessageIncomingAt: 'value',
  lastMessageOutgoingAt: 'value',
  name: 'value',
  pendingParticipantCount: 'value',
  status: 'value',
  updatedAt: 'value',
  visibility: 'value',
}

const inEnvelope = (payload: Fields) => toKnown({ event: 'value', payload, service: 'value' })

/** By what a webhook is about. */
const known = {
  message: inEnvelope(messagePayload),
  /** A message whose body has no list, or has been looked at. */
  otherMessage: inEnvelope({ ...messagePayload, body: 'free' }),
  interaction: inEnvelope(interactionPayload),
  conversation: inEnvelope(conversationPayload),
  /** Of the new platform's message the content has no list: what isn't mapped is kept whole. */
  received: toKnown({ data: 'free', timestamp: 'value', type: 'value' }),
  messageBody: toKnown(messageBody),
} as const

const NONE: Oddities = { hasUnknownField: false, hasOtherShape: false }
const UNKNOWN_FIELD = 1
const OTHER_SHAPE = 2

/** What is not as it is known, at any depth, of a whole webhook or of a message's body. Costs about a microsecond. */
export function findOddities(object: JsonObject, about: keyof typeof known): Oddities {
  const found = oddOf(object, known[about])
  return found === 0
    ? NONE
    : { hasUnknownField: (found & UNKNOWN_FIELD) !== 0, hasOtherShape: (found & OTHER_SHAPE) !== 0 }
}

/** Null and empty text are absent, whatever is expected. */
function oddOf(value: unknown, expected: Known): number {
  if (expected === 'free' || value === null || value === undefined || value === '') return 0
  if (expected === 'value') return typeof value === 'object' ? OTHER_SHAPE : 0
  const { fields, form } = expected
  if (form === 'list-of') {
    if (!Array.isArray(value)) return OTHER_SHAPE
    let found = 0
    for (const item of value) found |= oddOfObject(item, fields)
    return found
  }
  return form === 'text-or' && typeof value === 'string' ? 0 : oddOfObject(value, fields)
}

function oddOfObject(value: unknown, fields: KnownObject['fields']): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return OTHER_SHAPE
  let found = 0
  const object = value as JsonObject
  // Faster than its list of keys; JSON has no inherited ones.
  for (const name in object) {
    const inner = fields.get(name)
    found |= inner === undefined ? UNKNOWN_FIELD : oddOf(object[name], inner)
  }
  return found
}

function toKnown(shape: Shape): Known {
  if (typeof shape === 'string') return shape
  if (!isForm(shape)) return { fields: toFields(shape), form: 'object' }
  const [form, fields] = shape
  return { fields: toFields(fields), form }
}

function isForm(shape: Exclude<Shape, string>): shape is readonly ['list-of' | 'text-or', Fields] {
  return Array.isArray(shape)
}

function toFields(fields: Fields): KnownObject['fields'] {
  return new Map(Object.entries(fields).map(([name, inner]) => [name, toKnown(inner)]))
}
