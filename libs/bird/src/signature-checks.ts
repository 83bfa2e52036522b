// What several schemes check in the same way.
import { SignatureRejectedError, type SignatureRejection } from './signature-rejected-error.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'

/** Length of 32 bytes in base64, padded. */
const SHA256_BASE64_LENGTH = 44
const SHA256_BYTES = 32
/** Unix seconds; 11 digits reach the year 5138. No sign, point or blank. */
const unixSeconds = /^[0-9]{1,11}$/

export function rejected(reason: SignatureRejection): SignatureRejectedError {
  return new SignatureRejectedError({ reason })
}

/** The header; an empty one counts as missing. @throws {SignatureRejectedError} with `missing` as its reason */
export function requireHeader(webhook: UnverifiedWebhook, name: string, missing: SignatureRejection): string {
  const value = webhook.headers[name]
  if (value === undefined || value === '') throw rejected(missing)
  return value
}

/**
 * The 32 bytes of a base64 signature, or null for any other text; a header that came twice (`a, b`) is such a text. Only one
 * text says them: Node reads base64 tolerantly, so what it read must be written as it stood.
 */
export function readSha256Base64(text: string): Buffer | null {
  if (text.length !== SHA256_BASE64_LENGTH) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === SHA256_BYTES && bytes.toString('base64') === text ? bytes : null
}

/** @throws {SignatureRejectedError} */
export function requireUnixSeconds(timestamp: string): void {
  if (!unixSeconds.test(timestamp)) throw rejected('timestamp-malformed')
}

/**
 * The ceiling of a signed time's age, for schemes whose retries keep the first timestamp. To be called after the HMAC:
 * a stranger must learn nothing about our clock.
 *
 * @param timestamp Unix seconds in digits
 * @returns the signed time, epoch ms
 * @throws {SignatureRejectedError} more than maxAgeMs + clockSkewMs ago, or more than clockSkewMs ahead
 */
export function requireAge(timestamp: string, input: SignatureInput): number {
  const signedAtMs = Number(timestamp) * 1000
  const ageMs = input.nowMs - signedAtMs
  // Written as "not within", so that a NaN among the inputs refuses.
  if (!(ageMs <= input.maxAgeMs + input.clockSkewMs)) throw rejected('too-old')
  if (!(ageMs >= -input.clockSkewMs)) throw rejected('in-the-future')
  return signedAtMs
}
