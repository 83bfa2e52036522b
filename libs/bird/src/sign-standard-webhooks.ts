import { createHmac } from 'node:crypto'

/** What the `standard-webhooks` scheme signs, and with what. */
export interface StandardWebhooksSignable {
  /** `whsec_` and base64, or the base64 alone. */
  readonly key: string
  /** `webhook-id`. */
  readonly id: string
  /** Unix seconds as text, exactly as in the header. */
  readonly timestamp: string
  readonly rawBody: Buffer
}

/** The headers that carry a `standard-webhooks` signature. */
export interface StandardWebhooksHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

const SECRET_PREFIX = 'whsec_'
const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * The HMAC key of a secret, or null where the secret is no base64. Padding may be missing; stray bits, blanks and the
 * URL-safe alphabet may not be there: such a secret was mangled in copying, and a key made of it is not Bird's.
 */
export function decodeStandardWebhooksSecret(secret: string): Buffer | null {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  if (!base64Pattern.test(text)) return null
  const key = Buffer.from(text, 'base64')
  return withoutPadding(key.toString('base64')) === withoutPadding(text) ? key : null
}

/** HMAC-SHA256 over `id.timestamp.body`, 32 bytes. */
export function digestStandardWebhooks(signable: Omit<StandardWebhooksSignable, 'key'> & { key: Buffer }): Buffer {
  return createHmac('sha256', signable.key)
    .update(`${signable.id}.${signable.timestamp}.`)
    .update(signable.rawBody)
    .digest()
}

/**
 * Signs as the new Bird platform does. For tests, the sample and the doctor; the product itself only verifies.
 * @throws {TypeError} the secret is no base64
 */
export function signStandardWebhooks(signable: StandardWebhooksSignable): StandardWebhooksHeaders {
  const key = decodeStandardWebhooksSecret(signable.key)
  if (key === null) throw new TypeError('the secret is no base64')
  return {
    'webhook-id': signable.id,
    'webhook-timestamp': signable.timestamp,
    'webhook-signature': `v1,${digestStandardWebhooks({ ...signable, key }).toString('base64')}`,
  }
}

function withoutPadding(base64: string): string {
  return base64.replace(/=+$/, '')
}
