import { proveMessagebirdHmac } from './prove-messagebird-hmac.ts'
import { sortQuery, toCanonicalQuery } from './sign-messagebird-query.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { markVerified, type VerifiedWebhook } from './verified-webhook.ts'

/** MessageBird's callbacks have about ten. */
const MAX_PARAMETERS = 256

/**
 * Proves that legacy MessageBird sent these bytes with this query. The scheme is deprecated at MessageBird.
 *
 * Signed: `timestamp \n sorted query \n sha256(body)`, where Bird CRM has the URL. No host or path is signed, so a
 * request meant for another endpoint with the same key holds here too; `url` of the result is null.
 *
 * The query counts by its meaning: it is tried as sent, sorted, and decoded and encoded again with blanks as `+` and as `%20`,
 * since a proxy may write either. Order and spelling may therefore differ from what was signed; names and values may not.
 *
 * @param input.signingKeys plain text; the HMAC key is its UTF-8 bytes
 * @param input.maxAgeMs    as for bird-crm, whose headers and age it shares
 * @throws {SignatureRejectedError} missing, malformed, signed by no active key, too old, or in the future
 */
export function verifyMessagebirdQuery(webhook: UnverifiedWebhook, input: SignatureInput): VerifiedWebhook {
  const { keyId, bodyDigest, signedAtMs } = proveMessagebirdHmac(webhook, input, () => toTargets(webhook.query))
  return markVerified(webhook, {
    scheme: 'messagebird-query',
    keyId,
    url: null,
    signedQuery: webhook.query,
    bodyDigest,
    signedAtMs,
  })
}

/** None for a query of more parameters than any callback has: sorting it is work that a stranger could ask for. */
function toTargets(query: string): readonly string[] {
  if (query.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS) return []
  const asSent = sortQuery(query)
  const canonical = toCanonicalQuery(query)
  return [...new Set([asSent, canonical, canonical.replaceAll('+', '%20')])]
}
