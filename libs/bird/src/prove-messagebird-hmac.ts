import { timingSafeEqual } from 'node:crypto'
import { digestBirdCrm, digestBody } from './sign-bird-crm.ts'
import { readSha256Base64, rejected, requireAge, requireHeader, requireUnixSeconds } from './signature-checks.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'

/** What was found: the newest key that signed, and the first target that it signed. */
export interface MessagebirdProof {
  readonly keyId: string
  readonly target: string
  /** SHA-256 of the body, hex; the HMAC covers it in the body's place. */
  readonly bodyDigest: string
  /** Epoch ms. */
  readonly signedAtMs: number
}

/**
 * The HMAC that Bird CRM and the legacy scheme share: `timestamp \n target \n sha256(body)`, in the headers
 * `messagebird-signature` and `messagebird-request-timestamp`. They differ in the target only: the registered URL, or
 * the sorted query.
 *
 * The HMAC is checked before the age, so that a stranger learns nothing about our clock. Every key is tried with every
 * target, so that time does not tell which one matched. An empty key would let anybody sign: never used.
 *
 * A header that came twice arrives joined (`a, b`). It is refused as malformed, even where one of the two is right:
 * Bird sends one, so another was added on the way.
 *
 * @param targets texts that may have been signed; asked for when the headers are well-formed
 * @throws {SignatureRejectedError} missing, malformed, signed by no active key, too old, or in the future
 */
export function proveMessagebirdHmac(
  webhook: UnverifiedWebhook,
  input: SignatureInput,
  targets: () => readonly string[],
): MessagebirdProof {
  const signature = requireHeader(webhook, 'messagebird-signature', 'signature-missing')
  const timestamp = requireHeader(webhook, 'messagebird-request-timestamp', 'timestamp-missing')
  const claimed = readSha256Base64(signature)
  if (claimed === null) throw rejected('signature-malformed')
  requireUnixSeconds(timestamp)

  const candidates = targets()
  const bodyDigest = digestBody(webhook.rawBody)
  let found: { readonly keyId: string; readonly target: string } | null = null
  for (const key of input.signingKeys) {
    if (key.secret === '') continue
    for (const target of candidates) {
      const digest = digestBirdCrm({ key: key.secret, timestamp, url: target, bodyDigest })
      if (timingSafeEqual(digest, claimed)) found ??= { keyId: key.id, target }
    }
  }
  if (found === null) throw rejected('no-key-matches')
  const { keyId, target } = found
  return { keyId, target, bodyDigest, signedAtMs: requireAge(timestamp, input) }
}
