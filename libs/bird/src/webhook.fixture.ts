// Helpers of this package's tests; not part of its entry.
import type { EventContext } from './bird-event.ts'
import { type ParsedWebhook, parseWebhook } from './parse-webhook.ts'
import { signBirdCrm } from './sign-bird-crm.ts'
import { signMessagebirdQuery } from './sign-messagebird-query.ts'
import { signStandardWebhooks } from './sign-standard-webhooks.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import type { VerifiedWebhook } from './verified-webhook.ts'
import { verifyBirdCrm } from './verify-bird-crm.ts'
import { verifyMessagebirdQuery } from './verify-messagebird-query.ts'
import { verifyStandardWebhooks } from './verify-standard-webhooks.ts'

export const signedAtSeconds = 1_719_823_259
export const signingKey = { id: 'key-1', secret: 'KeV+/HGoIQrxuE5YPCRR6AuQOJveldYNNhbVi1i22qk=' }
export const url = 'https://example.com/webhook?source=a'

export const signatureInput: SignatureInput = {
  signingKeys: [signingKey],
  nowMs: signedAtSeconds * 1000,
  maxAgeMs: 24 * 60 * 60_000,
  clockSkewMs: 60_000,
}

export const context: EventContext = {
  workspaceId: 'ws',
  source: 'sample',
  origin: 'webhook',
  receivedAtMs: 1_765_617_960_000,
  rawRef: 'raw-1',
  contactKeySecret: 'contact key secret of the tests',
}

export function signed(rawBody: Buffer): UnverifiedWebhook {
  const headers = signBirdCrm({ key: signingKey.secret, timestamp: String(signedAtSeconds), url, rawBody })
  return { rawBody, urls: [url], query: '', headers: { ...headers } }
}

export function verified(rawBody: Buffer): VerifiedWebhook {
  return verifyBirdCrm(signed(rawBody), signatureInput)
}

/** A body, as text or as a value, after verification and parsing. */
export function parsed(body: unknown): ParsedWebhook {
  return parseWebhook(verified(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))))
}

/** A channels webhook. */
export function channels(event: string, payload: unknown): ParsedWebhook {
  return parsed({ service: 'channels', event, payload })
}

/** A webhook of the new platform, verified. @param id `webhook-id` */
export function newPlatform(body: unknown, id: string): VerifiedWebhook {
  const rawBody = Buffer.from(JSON.stringify(body))
  const headers = signStandardWebhooks({ key: signingKey.secret, id, timestamp: String(signedAtSeconds), rawBody })
  return verifyStandardWebhooks({ rawBody, urls: [], query: '', headers: { ...headers } }, signatureInput)
}

/** A legacy callback: a signed query, and usually no body. */
export function callback(query: string, rawBody: Buffer = Buffer.alloc(0)): VerifiedWebhook {
  const signable = { key: signingKey.secret, timestamp: String(signedAtSeconds), query, rawBody }
  return verifyMessagebirdQuery(
    { rawBody, urls: [], query, headers: { ...signMessagebirdQuery(signable) } },
    signatureInput,
  )
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
