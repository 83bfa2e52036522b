import type { SchemeName } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'

const proof: unique symbol = Symbol('verified')

/** What a verifier found out. */
export interface Verification {
  /** The scheme that proved it. */
  readonly scheme: SchemeName
  /** Id of the signing key that matched; never the key. */
  readonly keyId: string
  /** The registered URL that the signature covers; null where the scheme signs none. */
  readonly url: string | null
  /** The request's own query, where the signature covers it and it may hold facts; null otherwise. */
  readonly signedQuery: string | null
  /** SHA-256 of the body, hex. */
  readonly bodyDigest: string
  /** The sender's signed time, epoch ms; null where the scheme signs none. A redelivery keeps the first one. */
  readonly signedAtMs: number | null
}

/**
 * A webhook that Bird signed. Only a verifier makes one: the brand is a symbol that this file keeps, and
 * `markVerified` is not exported from the package.
 */
export interface VerifiedWebhook extends UnverifiedWebhook, Verification {
  /**
   * Bird's id of the request: `webhook-id` of standard-webhooks, which is signed; else the `messagebird-request-id`
   * header, which is not. A hint for people, no key for dedupe.
   */
  readonly requestId: string | null
  /** Content-Type as received. Not signed, and not trusted by the parser. */
  readonly contentType: string | null
  readonly [proof]: true
}

/** Marks a webhook as verified. For verifiers only, after the signature held. */
export function markVerified(webhook: UnverifiedWebhook, found: Verification): VerifiedWebhook {
  const requestIdHeader = found.scheme === 'standard-webhooks' ? 'webhook-id' : 'messagebird-request-id'
  return {
    ...webhook,
    // One by one: a second spread costs as much as a hash.
    scheme: found.scheme,
    keyId: found.keyId,
    url: found.url,
    signedQuery: found.signedQuery,
    bodyDigest: found.bodyDigest,
    signedAtMs: found.signedAtMs,
    requestId: webhook.headers[requestIdHeader] ?? null,
    contentType: webhook.headers['content-type'] ?? null,
    [proof]: true,
  }
}
