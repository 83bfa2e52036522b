import { proveMessagebirdHmac } from './prove-messagebird-hmac.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { markVerified, type VerifiedWebhook } from './verified-webhook.ts'

/**
 * Proves that Bird CRM sent these bytes to one of the registered URLs.
 *
 * Signed: `timestamp \n url \n sha256(body)`. The age is a wide ceiling only: a retry carries the first delivery's
 * timestamp and signature, and repeats are found by event id. The request's own query is not looked at.
 *
 * @param input.signingKeys plain text as typed; the HMAC key is its UTF-8 bytes
 * @param input.maxAgeMs    a signed time is too old when it lies more than maxAgeMs + clockSkewMs back
 * @throws {SignatureRejectedError} missing, malformed, signed by no active key, too old, or in the future
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions/verifying-a-webhook-subscription
 */
export function verifyBirdCrm(webhook: UnverifiedWebhook, input: SignatureInput): VerifiedWebhook {
  const { keyId, target, bodyDigest, signedAtMs } = proveMessagebirdHmac(webhook, input, () => webhook.urls)
  return markVerified(webhook, { scheme: 'bird-crm', keyId, url: target, signedQuery: null, bodyDigest, signedAtMs })
}
