import { hash } from 'node:crypto'
import { hmacSha256 } from './hmac-sha256.ts'

/** What the `bird-crm` scheme signs, and with what. */
export interface BirdCrmSignable {
  /** Signing key as typed at Bird; its UTF-8 bytes are the HMAC key, even where it looks like base64. */
  readonly key: string
  /** Unix seconds as text, exactly as in the header. */
  readonly timestamp: string
  /** Registered public URL, query included. */
  readonly url: string
  readonly rawBody: Buffer
}

/** The headers that carry a `bird-crm` signature. */
export interface BirdCrmHeaders {
  readonly 'messagebird-signature': string
  readonly 'messagebird-request-timestamp': string
}

/**
 * HMAC-SHA256 over `timestamp \n url \n sha256(body)`, 32 bytes.
 *
 * @param signable.bodyDigest SHA-256 of the body, hex; what is signed are its 32 bytes
 */
export function digestBirdCrm(signable: { key: string; timestamp: string; url: string; bodyDigest: string }): Buffer {
  return hmacSha256(signable.key, { head: `${signable.timestamp}\n${signable.url}\n`, tail: signable.bodyDigest })
}

/** SHA-256 of the body, hex; the same for every key, so computed once. */
export function digestBody(rawBody: Buffer): string {
  return hash('sha256', rawBody, 'hex')
}

/** Signs as Bird does. For the sample player, tests and the doctor; the product itself only verifies. */
export function signBirdCrm(signable: BirdCrmSignable): BirdCrmHeaders {
  const { key, timestamp, url, rawBody } = signable
  const digest = digestBirdCrm({ key, timestamp, url, bodyDigest: digestBody(rawBody) })
  return { 'messagebird-signature': digest.toString('base64'), 'messagebird-request-timestamp': timestamp }
}
