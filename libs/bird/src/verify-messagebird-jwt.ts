import { hash, timingSafeEqual } from 'node:crypto'
import { isJsonObject, type JsonObject, readNumber, readText } from './read-field.ts'
import { digestBody } from './sign-bird-crm.ts'
import { digestToken, jwtHashes } from './sign-messagebird-jwt.ts'
import { rejected, requireHeader } from './signature-checks.ts'
import type { SignatureInput, SigningKey } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { markVerified, type VerifiedWebhook } from './verified-webhook.ts'

/** MessageBird's tokens have about 450 characters. Bounded before anything is decoded. */
const MAX_TOKEN_LENGTH = 4096
/** Three parts of base64url without padding. A header that came twice (`a, b`) does not match. */
const tokenPattern = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/
const ISSUER = 'MessageBird'
/** How far MessageBird's clock and ours may differ; its own verifiers allow the same. */
const TOLERANCE_MS = 5_000

interface Token {
  readonly algorithm: string
  /** The first two parts, which the signature covers. */
  readonly signed: string
  readonly claims: string
  readonly signature: Buffer
}

/**
 * Proves that MessageBird sent these bytes to one of the registered URLs, by `MessageBird-Signature-JWT`.
 *
 * HMAC alone, so neither `none` nor a public-key algorithm gets as far as a key, and the claims are read only after it
 * held. `exp` is strict: a token lives 60 s, so under this scheme a late retry of MessageBird's is refused. `maxAgeMs`
 * and `clockSkewMs` of the source take no part.
 *
 * MessageBird puts facts into the query of its GET callbacks. The token's `url_hash` covers them, so a registered URL
 * that the request's query continues holds too, and that query is then `signedQuery`.
 *
 * @param input.signingKeys plain text; the HMAC key is its UTF-8 bytes
 * @throws {SignatureRejectedError} missing, malformed, signed by no active key, out of time, or for something else
 */
export function verifyMessagebirdJwt(webhook: UnverifiedWebhook, input: SignatureInput): VerifiedWebhook {
  const token = readToken(requireHeader(webhook, 'messagebird-signature-jwt', 'signature-missing'))
  const keyId = findKey(token, input.signingKeys)
  if (keyId === null) throw rejected('no-key-matches')

  const claims = readJson(token.claims)
  if (claims === null) throw rejected('claims-malformed')
  const signedAtMs = checkClaims(claims, input.nowMs)
  const target = findTarget(webhook, claims.url_hash)
  if (target === null) throw rejected('url-mismatch')
  // The hash is there if and only if there is a body, so that none can be added or taken away.
  const bodyDigest = digestBody(webhook.rawBody)
  const expected = webhook.rawBody.length === 0 ? undefined : bodyDigest
  if (toLowerCase(claims.payload_hash) !== expected) throw rejected('payload-mismatch')
  return markVerified(webhook, { scheme: 'messagebird-jwt', keyId, ...target, bodyDigest, signedAtMs })
}

/** @throws {SignatureRejectedError} no compact token, or an algorithm that is no HMAC of ours */
function readToken(text: string): Token {
  const match = text.length <= MAX_TOKEN_LENGTH ? tokenPattern.exec(text) : null
  if (match === null) throw rejected('token-malformed')
  const [, head = '', claims = '', tail = ''] = match
  const header = readJson(head)
  // `crit` names extensions that a reader must know (RFC 7515, 4.1.11); we know none.
  if (header === null || header.crit !== undefined) throw rejected('token-malformed')
  const algorithm = jwtHashes.get(header.alg)
  if (algorithm === undefined) throw rejected('algorithm-refused')
  const signature = Buffer.from(tail, 'base64url')
  // The last character has bits that say nothing: one signature must not have several spellings.
  if (signature.toString('base64url') !== tail) throw rejected('token-malformed')
  return { algorithm, signed: `${head}.${claims}`, claims, signature }
}

/** The newest key that signed, or null. Goes through all of them; an empty one would let anybody sign: never used. */
function findKey(token: Token, signingKeys: readonly SigningKey[]): string | null {
  let keyId: string | null = null
  for (const key of signingKeys) {
    if (key.secret === '') continue
    const digest = digestToken({ algorithm: token.algorithm, key: key.secret, signed: token.signed })
    if (digest.length === token.signature.length && timingSafeEqual(digest, token.signature)) keyId ??= key.id
  }
  return keyId
}

/** The time from which the token holds, epoch ms. @throws {SignatureRejectedError} */
function checkClaims(claims: JsonObject, nowMs: number): number {
  if (claims.iss !== ISSUER) throw rejected('wrong-issuer')
  // Older tokens say `iat` where newer ones say `nbf`.
  const notBefore = readNumber(claims.nbf === undefined ? claims.iat : claims.nbf)
  const expires = readNumber(claims.exp)
  if (notBefore === null || expires === null || readText(claims.jti) === null) throw rejected('claims-malformed')
  const notBeforeMs = Math.round(notBefore * 1000)
  if (!Number.isSafeInteger(notBeforeMs)) throw rejected('claims-malformed')
  // Written as "not within", so that a clock that is no number refuses.
  if (!(nowMs < expires * 1000 + TOLERANCE_MS)) throw rejected('expired')
  if (!(nowMs >= notBeforeMs - TOLERANCE_MS)) throw rejected('in-the-future')
  return notBeforeMs
}

/** The registered URL that was signed, as it is or continued by the request's own query; null for none. */
function findTarget(webhook: UnverifiedWebhook, urlHash: unknown): { url: string; signedQuery: string | null } | null {
  const wanted = toLowerCase(urlHash)
  for (const url of webhook.urls) {
    if (hash('sha256', url, 'hex') === wanted) return { url, signedQuery: null }
    const continued = continueUrl(url, webhook.query)
    if (continued !== null && hash('sha256', continued, 'hex') === wanted) return { url, signedQuery: webhook.query }
  }
  return null
}

/** The registered URL with the request's query, where that adds parameters and changes none; else null. */
function continueUrl(url: string, query: string): string | null {
  const mark = url.indexOf('?')
  const base = mark === -1 ? url : url.slice(0, mark)
  const registered = mark === -1 ? '' : url.slice(mark + 1)
  const continues = query !== '' && (registered === '' || query.startsWith(`${registered}&`))
  return continues ? `${base}?${query}` : null
}

/** Hex may come in capitals. Anything that is no text stays as it is, and so differs from every hash. */
function toLowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** The JSON object in a part of a token, or null. */
function readJson(part: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
