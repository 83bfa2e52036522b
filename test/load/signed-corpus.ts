import { signBirdCrm } from '@murmuration/bird'
import { createRandom } from '../fault/seeded.ts'
import { type CorpusPlan, isForged, toKeys, toMessageId } from './corpus-plan.ts'

/** Where the webhooks go, and what signs them. */
export interface LoadTarget {
  readonly host: string
  readonly port: number
  /** Path on the port. */
  readonly path: string
  /** The URL that is signed. */
  readonly publicUrl: string
  readonly signingKey: string
}

/** Webhooks as bytes for a socket. */
export interface SignedCorpus {
  readonly count: number
  /** Which contact each is from. */
  readonly keys: Uint32Array
  /** A whole HTTP/1.1 request; the memory is shared, so don't write to it. */
  request(index: number): Buffer
}

/** Requests lie one behind the other in slabs of this size, bytes: hundreds of thousands of buffers would cost the collector. */
const SLAB_BYTES = 16 * 1_048_576
const FORGING_KEY = 'a key that nobody has configured'
const WORDS = 'when will my order arrive please مرحبا أريد أن أعرف موعد وصول الطلب شكرا 🚚 gracias'.split(' ')
/** Texts to choose from, so that a message costs a lookup. */
const TEXTS = 64

/**
 * Makes signed Bird CRM webhooks, `whatsapp.inbound` text messages of about 1 KB, as requests that are ready to send.
 *
 * Each has an id of its own; a repeated one would be answered as a duplicate, which costs a server next to nothing.
 * @param input.nowMs the time that is signed, epoch ms; servers refuse what is older than a day
 */
export function createSignedCorpus(
  plan: CorpusPlan,
  input: { readonly target: LoadTarget; readonly nowMs: number },
): SignedCorpus {
  const { target } = input
  const timestamp = String(Math.floor(input.nowMs / 1_000))
  const toBody = createBodyTemplate(plan, input.nowMs)
  const keys = toKeys(plan)
  const slabs: Buffer[] = [Buffer.allocUnsafe(SLAB_BYTES)]
  const slabOf = new Uint16Array(plan.count)
  const startOf = new Uint32Array(plan.count)
  const endOf = new Uint32Array(plan.count)
  let used = 0
  for (let index = 0; index < plan.count; index += 1) {
    const rawBody = Buffer.from(toBody(index, keys[index] ?? 0))
    const key = isForged(plan, index) ? FORGING_KEY : target.signingKey
    const head = toHead(target, rawBody.length, signBirdCrm({ key, timestamp, url: target.publicUrl, rawBody }))
    if (used + head.length + rawBody.length > SLAB_BYTES) {
      slabs.push(Buffer.allocUnsafe(SLAB_BYTES))
      used = 0
    }
    const slab = slabs[slabs.length - 1] ?? Buffer.alloc(0)
    slabOf[index] = slabs.length - 1
    startOf[index] = used
    used += slab.write(head, used, 'latin1')
    used += rawBody.copy(slab, used)
    endOf[index] = used
  }
  return {
    count: plan.count,
    keys,
    request: (index) => {
      const slab = slabs[slabOf[index] ?? 0]
      if (slab === undefined || index < 0 || index >= plan.count) throw new RangeError(`there is no request ${index}`)
      return slab.subarray(startOf[index], endOf[index])
    },
  }
}

function toHead(
  target: LoadTarget,
  bodyBytes: number,
  headers: Readonly<Record<keyof ReturnType<typeof signBirdCrm>, string>>,
) {
  return (
    `POST ${target.path} HTTP/1.1\r\n` +
    `Host: ${target.host}:${target.port}\r\n` +
    'Content-Type: application/json\r\n' +
    `Content-Length: ${bodyBytes}\r\n` +
    `MessageBird-Request-Timestamp: ${headers['messagebird-request-timestamp']}\r\n` +
    `MessageBird-Signature: ${headers['messagebird-signature']}\r\n\r\n`
  )
}

/** The body is cut open once where a message differs from the next, since `JSON.stringify` would be the larger part. */
function createBodyTemplate(plan: CorpusPlan, nowMs: number): (index: number, key: number) => string {
  const random = createRandom(plan.seed)
  const texts = Array.from({ length: TEXTS }, () => toText(random))
  const run = String(Math.floor(random() * 1e9)).padStart(12, '0')
  const contactIds = Array.from(
    { length: plan.keys },
    (_, key) => `c0ffee00-${plan.load.toString(16).padStart(4, '0')}-4000-9000-${key.toString(16).padStart(12, '0')}`,
  )
  const [head = '', afterId = '', afterContact = '', tail = ''] = toWholeBody(nowMs, run).split(/@(?:id|contact|text)@/)
  return (index, key) =>
    `${head}${toMessageId(plan, index)}${afterId}${contactIds[key]}${afterContact}message ${Math.floor(
      index / plan.keys,
    )} of contact ${key}: ${texts[index % TEXTS]}${tail}`
}

function toText(random: () => number): string {
  const words = Array.from({ length: 12 + Math.floor(random() * 24) }, () => WORDS[Math.floor(random() * WORDS.length)])
  return words.join(' ')
}

/** As Bird sends it, with `@id@`, `@contact@` and `@text@` to fill in, in this order. */
function toWholeBody(nowMs: number, run: string): string {
  const at = new Date(nowMs).toISOString()
  const channelId = `8e046034-bca7-5124-89d0-${run}`
  return JSON.stringify({
    service: 'channels',
    event: 'whatsapp.inbound',
    payload: {
      id: '@id@',
      channelId,
      sender: {
        contact: {
          id: '@contact@',
          identifierKey: 'phonenumber',
          identifierValue: '+200000000001',
          annotations: { name: 'ليلى Sample' },
        },
      },
      receiver: { connector: { id: channelId, identifierValue: '+200000000000' } },
      body: { type: 'text', text: { text: '@text@' } },
      meta: { extraInformation: { timestamp: String(Math.floor(nowMs / 1_000)), user_locale: 'ar-EG' } },
      reference: '',
      parts: [{ platformReference: 'wamid.HBgMMjAwMDAwMDAwMDAxFQIAEhgWM0VCMEQ3NjQ1RDVGNEU5ODk2RkY5QQA=' }],
      status: 'delivered',
      reason: '',
      direction: 'incoming',
      chargeableUnits: 1,
      lastStatusAt: at,
      createdAt: at,
      updatedAt: at,
    },
  })
}
