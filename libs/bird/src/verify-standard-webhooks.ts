import { timingSafeEqual } from 'node:crypto'
import { digestBody } from './sign-bird-crm.ts'
import { decodeStandardWebhooksSecret, digestStandardWebhooks } from './sign-standard-webhooks.ts'
import { readSha256Base64, rejected, requireAge, requireHeader, requireUnixSeconds } from './signature-checks.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { markVerified, type VerifiedWebhook } from './verified-webhook.ts'

/** Printable ASCII without blank and comma: an id that came twice (`a, b`) does not match. */
const idPattern = /^[!-+\--~]{1,256}$/
/** One signature: `version,base64`. */
const entryPattern = /^([a-z0-9]+),([A-Za-z0-9+/=_-]+)$/
/** While keys are rotated Bird sends one per key. More than this is somebody who wants us to compute. */
const MAX_SIGNATURES = 10

/**
 * Proves that the new Bird platform sent these bytes, by the Standard Webhooks specification.
 *
 * Signed: `id.timestamp.body`; no URL. `webhook-signature` holds several signatures, separated by blanks, while
 * keys are rotated: one that holds is enough, and other versions than `v1` are skipped. A header that came twice
 * arrives joined by `, ` and is refused as malformed.
 *
 * @param input.signingKeys `whsec_` and base64, or the base64 alone; one that is no base64 never matches
 * @param input.maxAgeMs    as for bird-crm. The specification's five minutes would lose late retries
 * @throws {SignatureRejectedError} missing, malformed, signed by no active key, too old, or in the future
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function verifyStandardWebhooks(webhook: UnverifiedWebhook, input: SignatureInput): VerifiedWebhook {
  const signatures = requireHeader(webhook, 'webhook-signature', 'signature-missing')
  const id = requireHeader(webhook, 'webhook-id', 'id-missing')
  const timestamp = requireHeader(webhook, 'webhook-timestamp', 'timestamp-missing')
  const claimed = readSignatures(signatures)
  if (!idPattern.test(id)) throw rejected('id-malformed')
  requireUnixSeconds(timestamp)

  let keyId: string | null = null
  for (const signingKey of input.signingKeys) {
    const key = decodeStandardWebhooksSecret(signingKey.secret)
    if (key === null) continue
    const digest = digestStandardWebhooks({ key, id, timestamp, rawBody: webhook.rawBody })
    for (const signature of claimed) if (timingSafeEqual(digest, signature)) keyId ??= signingKey.id
  }
  if (keyId === null) throw rejected('no-key-matches')
  const signedAtMs = requireAge(timestamp, input)
  const bodyDigest = digestBody(webhook.rawBody)
  return markVerified(webhook, {
    scheme: 'standard-webhooks',
    keyId,
    url: null,
    signedQuery: null,
    bodyDigest,
    signedAtMs,
  })
}

/** The `v1` signatures of 32 bytes. @throws {SignatureRejectedError} no list of signatures, too long, or none of them */
function readSignatures(header: string): readonly Buffer[] {
  const entries = header.split(/ +/, MAX_SIGNATURES + 1)
  if (entries.length > MAX_SIGNATURES) throw rejected('signature-malformed')
  const claimed: Buffer[] = []
  for (const entry of entries) {
    const match = entryPattern.exec(entry)
    if (match === null) throw rejected('signature-malformed')
    const digest = match[1] === 'v1' ? readSha256Base64(match[2] ?? '') : null
    if (digest !== null) claimed.push(digest)
  }
  if (claimed.length === 0) throw rejected('signature-malformed')
  return claimed
}
