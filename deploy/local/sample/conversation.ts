import type { RecordName } from '@murmuration/schemas'
import { conversationUpdated, fileBody, inbound, mediaUrl, outbound, readReceipt, type WebhookBody } from './bodies.ts'
import type { SampleIds } from './sample-ids.ts'

const HOUR_MS = 60 * 60_000
const AUDIT = { group: 'audit-log', record: 'raw-webhook', kind: 'done' } as const

/** What must become of one record at one consumer. */
export interface ExpectedEnd {
  readonly group: string
  readonly record: RecordName
  readonly kind: 'done' | 'skip'
}

/** One webhook of the sample, and what is expected of it. */
export interface SampleStep {
  readonly name: string
  readonly body: WebhookBody
  /** `tampered`: the body is changed after it was signed. */
  readonly signing: 'signed' | 'tampered' | 'unsigned'
  /** The signed timestamp, epoch ms. */
  readonly signedAtMs: number
  readonly status: 202 | 401
  readonly result: 'accepted' | 'duplicate' | undefined
  readonly ends: readonly ExpectedEnd[]
}

const TEXT: readonly ExpectedEnd[] = [
  AUDIT,
  { group: 'crm-sync.postgres', record: 'message', kind: 'done' },
  { group: 'media-processor', record: 'message', kind: 'skip' },
]
const MEDIA: readonly ExpectedEnd[] = [
  AUDIT,
  { group: 'crm-sync.postgres', record: 'message', kind: 'done' },
  { group: 'media-processor', record: 'message', kind: 'done' },
]
const STATUS: readonly ExpectedEnd[] = [AUDIT, { group: 'crm-sync.postgres', record: 'message-status', kind: 'done' }]
const CONVERSATION: readonly ExpectedEnd[] = [
  AUDIT,
  { group: 'crm-sync.postgres', record: 'conversation', kind: 'done' },
]

/**
 * The sample conversation: what a customer writes, what the AI Employee answers, and what must be refused. Pure.
 *
 * @param input.mediaHost base URL of the stand-in for Bird's media host
 * @param input.nowMs     epoch ms
 */
export function createConversation(
  ids: SampleIds,
  input: { readonly mediaHost: string; readonly nowMs: number },
): readonly SampleStep[] {
  const { mediaHost, nowMs } = input
  const accepted = (name: string, body: WebhookBody, ends: readonly ExpectedEnd[]): SampleStep => ({
    name,
    body,
    ends,
    signing: 'signed',
    signedAtMs: nowMs,
    status: 202,
    result: 'accepted',
  })
  const late = {
    ...accepted('redelivery, first sent 3.5 h ago', lateText(ids, nowMs), TEXT),
    signedAtMs: nowMs - 3.5 * HOUR_MS,
  }
  const refused = { ...accepted('', helloText(ids, nowMs), []), status: 401, result: undefined } as const
  return [
    accepted('inbound text (Arabic, emoji)', helloText(ids, nowMs), TEXT),
    ...inboundMedia(ids, mediaHost, nowMs).map(({ name, body }) => accepted(name, body, MEDIA)),
    accepted('inbound location', location(ids, nowMs), TEXT),
    accepted('inbound button reply', buttonReply(ids, nowMs), TEXT),
    ...answer(ids, nowMs).map(({ name, body, ends }) => accepted(name, body, ends)),
    accepted('conversation updated', conversationUpdated(ids, nowMs), CONVERSATION),
    accepted('event nobody knows', unknownEvent(ids), [AUDIT]),
    late,
    { ...late, name: 'the same redelivery again', result: 'duplicate', ends: [] },
    { ...refused, name: 'tampered body', signing: 'tampered' },
    { ...refused, name: 'unsigned body', signing: 'unsigned' },
  ]
}

function helloText(ids: SampleIds, nowMs: number): WebhookBody {
  return inbound(ids, 'hello', nowMs, { body: { type: 'text', text: { text: 'مرحبا 👋 أين طلبي؟' } } })
}

function lateText(ids: SampleIds, nowMs: number): WebhookBody {
  return inbound(ids, 'late', nowMs - 3.5 * HOUR_MS, { body: { type: 'text', text: { text: 'هل من أحد هنا؟ 🤔' } } })
}

function inboundMedia(ids: SampleIds, mediaHost: string, nowMs: number) {
  const url = (kind: Parameters<typeof mediaUrl>[2]): string => mediaUrl(mediaHost, ids, kind)
  const image = { type: 'image', image: { images: [{ mediaUrl: url('image') }] } }
  const document = { contentType: 'application/pdf', filename: 'فاتورة.pdf' }
  const sticker = { contentType: 'image/webp', metadata: { isAnimated: false } }
  return [
    { name: 'inbound image', body: inbound(ids, 'image', nowMs, { body: image, mediaType: 'image' }) },
    {
      name: 'inbound video',
      body: inbound(ids, 'video', nowMs, {
        body: fileBody(url('video'), { contentType: 'video/mp4' }),
        mediaType: 'video',
      }),
    },
    {
      name: 'inbound voice note',
      body: inbound(ids, 'voice', nowMs, {
        body: fileBody(url('voice'), { contentType: 'audio/ogg' }),
        mediaType: 'audio',
      }),
    },
    {
      name: 'inbound document with caption',
      body: inbound(ids, 'document', nowMs, {
        body: fileBody(url('document'), document, 'الفاتورة 📄'),
        mediaType: 'document',
      }),
    },
    { name: 'inbound sticker', body: inbound(ids, 'sticker', nowMs, { body: fileBody(url('sticker'), sticker) }) },
  ]
}

function location(ids: SampleIds, nowMs: number): WebhookBody {
  const place = {
    coordinates: { latitude: 30.0444, longitude: 31.2357 },
    location: { address: 'القاهرة', label: 'البيت 🏠' },
  }
  return inbound(ids, 'location', nowMs, { body: { type: 'location', location: place } })
}

function buttonReply(ids: SampleIds, nowMs: number): WebhookBody {
  const text = 'نعم، وصلني'
  const actions = [{ type: 'postback', postback: { text, payload: 'delivered-yes' } }]
  return inbound(ids, 'button', nowMs, {
    body: { type: 'text', text: { text, actions } },
    replyTo: { id: ids.message('answer'), order: 0, type: 'click' },
  })
}

function answer(ids: SampleIds, nowMs: number) {
  const text = 'أهلاً! طلبك في الطريق 🚚'
  const step = (name: string, status: string, afterMs: number, failure?: WebhookBody) => {
    const times = { createdAtMs: nowMs, statusAtMs: nowMs + afterMs }
    return outbound(ids, name, times, { status, text, ...(failure === undefined ? {} : { failure }) })
  }
  const failure = {
    reason: 'details: unknown subscriber; reason: unknown_subscriber; code: 1',
    failure: { code: 15_005, source: { name: 'whatsapp', code: '131026' } },
  }
  return [
    { name: 'outbound accepted', body: step('answer', 'accepted', 0), ends: [...TEXT, ...STATUS.slice(1)] },
    { name: 'outbound sent', body: step('answer', 'sent', 300), ends: STATUS },
    { name: 'outbound delivered', body: step('answer', 'delivered', 900), ends: STATUS },
    { name: 'outbound read', body: readReceipt(ids, 'answer', nowMs + 1_500), ends: STATUS },
    {
      name: 'outbound that fails',
      body: step('lost', 'delivery_failed', 400, failure),
      ends: [...TEXT, ...STATUS.slice(1)],
    },
  ]
}

function unknownEvent(ids: SampleIds): WebhookBody {
  return { service: 'numbers', event: 'number.moonlighted', payload: { id: ids.message('unknown'), phase: 'full' } }
}
