import { timingSafeEqual } from 'node:crypto'
import { digestBirdCrm, digestBody } from './sign-bird-crm.ts'
import { SignatureRejectedError, type SignatureRejection } from './signature-rejected-error.ts'
import type { SignatureInput, SigningKey } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { markVerified, type VerifiedWebhook } from './verified-webhook.ts'

/** Base64 of exactly 32 bytes, padded, with the unused bits zero; nothing around it. */
const signaturePattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/
/** Unix seconds; 11 digits reach the year 5138. No sign, point or blank. */
const timestampPattern = /^[0-9]{1,11}$/

/**
 * Proves that Bird CRM sent these bytes to this URL.
 *
 * Signed: `timestamp \n url \n sha256(body)`. The HMAC is checked before the age, so that a stranger learns nothing
 * about our clock; every key is tried, so that time does not tell which one matched. The age is a wide ceiling only:
 * a retry carries the first delivery's timestamp and signature, and repeats are found by event id.
 *
 * A header that came twice arrives joined (`a, b`). It is refused as malformed, even where one of the two is right:
 * Bird sends one, so another was added on the way.
 *
 * @param input.signingKeys plain text as typed; the HMAC key is its UTF-8 bytes
 * @param input.maxAgeMs    a signed time is too old when it lies more than maxAgeMs + clockSkewMs back
 * @throws {SignatureRejectedError} missing, malformed, signed by no active key, too old, or in the future
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions/verifying-a-webhook-subscription
 */
export function verifyBirdCrm(webhook: UnverifiedWebhook, input: SignatureInput): VerifiedWebhook {
  const signature = webhook.headers['messagebird-signature']
  const timestamp = webhook.headers['messagebird-request-timestamp']
  if (signature === undefined || signature === '') throw rejected('signature-missing')
  if (timestamp === undefined || timestamp === '') throw rejected('timestamp-missing')
  if (!signaturePattern.test(signature)) throw rejected('signature-malformed')
  if (!timestampPattern.test(timestamp)) throw rejected('timestamp-malformed')

  const match = findMatch(webhook, {
    signingKeys: input.signingKeys,
    timestamp,
    claimed: Buffer.from(signature, 'base64'),
  })
  if (match === null) throw rejected('no-key-matches')

  const signedAtMs = Number(timestamp) * 1000
  const ageMs = input.nowMs - signedAtMs
  // Written as "not within", so that a NaN among the inputs refuses.
  if (!(ageMs <= input.maxAgeMs + input.clockSkewMs)) throw rejected('too-old')
  if (!(ageMs >= -input.clockSkewMs)) throw rejected('in-the-future')
  return markVerified(webhook, { scheme: 'bird-crm', ...match, signedQuery: null, signedAtMs })
}

/**
 * The newest key that signed, with the first URL that it signed; or null. Goes through all of them. An empty key would
 * let anybody sign: never used.
 */
function findMatch(
  webhook: UnverifiedWebhook,
  input: { signingKeys: readonly SigningKey[]; timestamp: string; claimed: Buffer },
): { readonly keyId: string; readonly url: string } | null {
  const bodyDigest = digestBody(webhook.rawBody)
  let found: { readonly keyId: string; readonly url: string } | null = null
  for (const key of input.signingKeys) {
    if (key.secret === '') continue
    for (const url of webhook.urls) {
      const digest = digestBirdCrm({ key: key.secret, timestamp: input.timestamp, url, bodyDigest })
      if (timingSafeEqual(digest, input.claimed)) found ??= { keyId: key.id, url }
    }
  }
  return found
}

function rejected(reason: SignatureRejection): SignatureRejectedError {
  return new SignatureRejectedError({ reason })
}
