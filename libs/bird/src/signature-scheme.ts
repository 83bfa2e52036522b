import type { UnverifiedWebhook } from './unverified-webhook.ts'
import type { VerifiedWebhook } from './verified-webhook.ts'

/** Names of the schemes that exist; a new one is one more name here, one row in `schemes`, one value in raw-webhook. */
export const schemeNames = ['bird-crm', 'messagebird-jwt', 'standard-webhooks', 'messagebird-query'] as const

export type SchemeName = (typeof schemeNames)[number]

/** One signing key of a source. */
export interface SigningKey {
  /** Names the key in records and logs; says nothing about the secret. */
  readonly id: string
  /** The key as typed at Bird. Each scheme says which bytes it takes; an empty one never matches. */
  readonly secret: string
}

/** What a scheme needs besides the webhook. */
export interface SignatureInput {
  /** Active keys, newest first (two while rotating). */
  readonly signingKeys: readonly SigningKey[]
  /** Epoch ms. */
  readonly nowMs: number
  /**
   * Ceiling of a signed time's age, ms; at least 24 h for schemes whose retries keep the first timestamp (Bird retries
   * for 8 h and more). A scheme with an expiry of its own enforces that one.
   */
  readonly maxAgeMs: number
  /** How far the sender's clock and ours may differ, ms; allowed on both ends. */
  readonly clockSkewMs: number
}

/** Port: one way of proving that Bird sent these bytes to this URL. Pure. */
export interface SignatureScheme {
  readonly name: SchemeName
  /** @throws {SignatureRejectedError} when anything is missing, malformed, out of time, or signed by no active key */
  verify(webhook: UnverifiedWebhook, input: SignatureInput): VerifiedWebhook
}
