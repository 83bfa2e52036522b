import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signMessagebirdJwt, signToken } from './sign-messagebird-jwt.ts'
import { SignatureRejectedError } from './signature-rejected-error.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { verifyMessagebirdJwt } from './verify-messagebird-jwt.ts'
import { signatureInput, thrownBy } from './webhook.fixture.ts'

const key = 'hunter2'
const url = 'https://example.com/path'
const seconds = 1_625_479_200
const nowMs = seconds * 1000
const rawBody = Buffer.from('Hello, World!')
const header = { alg: 'HS256', typ: 'JWT' }
const claims = {
  iss: 'MessageBird',
  nbf: seconds,
  exp: seconds + 60,
  jti: 'j-1',
  url_hash: hash('sha256', url, 'hex'),
  payload_hash: hash('sha256', rawBody, 'hex'),
}
const input = { ...signatureInput, signingKeys: [{ id: 'k', secret: key }], nowMs }

function received(token: string, change: Partial<UnverifiedWebhook> = {}): UnverifiedWebhook {
  return { rawBody, urls: [url], query: '', headers: { 'messagebird-signature-jwt': token }, ...change }
}

/** What becomes of a token with these claims and this header. */
function outcomeOf(changedClaims: Record<string, unknown>, changedHeader: Record<string, unknown> = {}): string {
  const token = signToken({ header: { ...header, ...changedHeader }, claims: { ...claims, ...changedClaims }, key })
  return reasonOf(received(token))
}

function reasonOf(webhook: UnverifiedWebhook, atMs = nowMs): string {
  const error = thrownBy(() => verifyMessagebirdJwt(webhook, { ...input, nowMs: atMs }))
  return error instanceof SignatureRejectedError ? error.reason : `accepted ${error ?? ''}`.trim()
}

describe('verifyMessagebirdJwt', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('accepts %s', (algorithm) => {
    const token = signMessagebirdJwt({ key, seconds, id: 'j', url, rawBody, algorithm })['messagebird-signature-jwt']
    expect(verifyMessagebirdJwt(received(token), input)).toMatchObject({ keyId: 'k', url, signedAtMs: nowMs })
  })

  it.each(['none', 'None', 'RS256', 'ES256', 'HS1', 'hs256', 'constructor', '', null, ['HS256'], undefined])(
    'refuses the algorithm %j, even where the HMAC holds',
    (alg) => {
      expect(outcomeOf({}, { alg })).toBe('algorithm-refused')
    },
  )

  it('refuses a token without signature, and one that a private key signed', () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signed = `${part({ alg: 'RS256' })}.${part(claims)}`
    const token = `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
    const secret = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    expect(reasonOf(received(`${part({ alg: 'none' })}.${part(claims)}.`))).toBe('token-malformed')
    const asKey = { ...input, signingKeys: [{ id: 'public', secret }] }
    expect(thrownBy(() => verifyMessagebirdJwt(received(token), asKey))).toMatchObject({ reason: 'algorithm-refused' })
  })

  it('refuses what is no compact token', () => {
    const good = signToken({ header, claims, key })
    const [head, middle, tail] = good.split('.')
    const long = signToken({ header, claims: { ...claims, pad: 'x'.repeat(4096) }, key })
    const loose = `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : String.fromCharCode(good.charCodeAt(good.length - 1) + 1)}`
    const wrong = [
      `${good}=`,
      `Bearer ${good}`,
      ` ${good}`,
      `${good}.x`,
      `${head}.${middle}`,
      `${head}..${tail}`,
      'x',
      long,
    ]
    for (const token of [...wrong, loose]) expect(reasonOf(received(token))).toBe('token-malformed')
    const noJson = `${Buffer.from('{"alg"').toString('base64url')}.${middle}.${tail}`
    const list = `${Buffer.from('["HS256"]').toString('base64url')}.${middle}.${tail}`
    for (const token of [noJson, list]) expect(reasonOf(received(token))).toBe('token-malformed')
    expect(outcomeOf({}, { crit: ['b64'], b64: false })).toBe('token-malformed')
  })

  it('looks at no claim before the HMAC held', () => {
    const forged = signToken({ header, claims: { ...claims, iss: 'x', exp: 1 }, key: 'other' })
    expect(reasonOf(received(forged))).toBe('no-key-matches')
    expect(reasonOf(received(signToken({ header, claims: 'x', key })))).toBe('claims-malformed')
  })

  it.each([
    [{ iss: 'Messagebird' }, 'wrong-issuer'],
    [{ iss: undefined }, 'wrong-issuer'],
    [{ iss: ['MessageBird'] }, 'wrong-issuer'],
    [{ exp: undefined }, 'claims-malformed'],
    [{ exp: '1625479260' }, 'claims-malformed'],
    [{ exp: null }, 'claims-malformed'],
    [{ nbf: undefined }, 'claims-malformed'],
    [{ nbf: 'x', iat: seconds }, 'claims-malformed'],
    [{ nbf: null, iat: seconds }, 'claims-malformed'],
    [{ nbf: -1e308 }, 'claims-malformed'],
    [{ jti: undefined }, 'claims-malformed'],
    [{ jti: '' }, 'claims-malformed'],
    [{ jti: 7 }, 'claims-malformed'],
    [{ nbf: undefined, iat: seconds }, 'accepted'],
    [{ nbf: seconds - 0.5, exp: seconds + 59.5 }, 'accepted'],
    [{ nbf: seconds + 5 }, 'accepted'],
    [{ nbf: seconds + 5.1 }, 'in-the-future'],
    [{ nbf: undefined, iat: seconds + 6 }, 'in-the-future'],
    [{ iat: seconds + 600 }, 'accepted'],
    [{ exp: seconds - 4 }, 'accepted'],
    [{ exp: seconds - 5 }, 'expired'],
    [{ exp: 0 }, 'expired'],
    [{ url_hash: undefined }, 'url-mismatch'],
    [{ url_hash: '' }, 'url-mismatch'],
    [{ url_hash: claims.url_hash.toUpperCase() }, 'accepted'],
    [{ url_hash: hash('sha256', `${url}/`, 'hex') }, 'url-mismatch'],
    [{ payload_hash: undefined }, 'payload-mismatch'],
    [{ payload_hash: null }, 'payload-mismatch'],
    [{ payload_hash: claims.payload_hash.toUpperCase() }, 'accepted'],
    [{ payload_hash: claims.payload_hash.slice(0, -1) }, 'payload-mismatch'],
  ])('with the claims %j: %s', (changed, outcome) => {
    expect(outcomeOf(changed)).toBe(outcome)
  })

  it('wants no payload hash where there is no body', () => {
    const token = signToken({ header, claims: { ...claims, payload_hash: hash('sha256', '', 'hex') }, key })
    expect(reasonOf(received(token, { rawBody: Buffer.alloc(0) }))).toBe('payload-mismatch')
  })

  it("enforces the token's own expiry whatever the source's ceiling: a late retry is refused", () => {
    const webhook = received(signToken({ header, claims, key }))
    expect(reasonOf(webhook, nowMs + 64_999)).toBe('accepted')
    expect(reasonOf(webhook, nowMs + 65_000)).toBe('expired')
    expect(reasonOf(webhook, nowMs + 8 * 60 * 60_000)).toBe('expired')
    expect(reasonOf(webhook, nowMs - 5_001)).toBe('in-the-future')
  })

  it("takes the request's query where it was signed as part of a registered URL", () => {
    const query = 'id=1&status=delivered'
    const signedFor = (target: string) =>
      signMessagebirdJwt({ key, seconds, id: 'j', url: target, rawBody: Buffer.alloc(0) })['messagebird-signature-jwt']
    const receivedAt = (target: string, urls: readonly string[], sentQuery: string) =>
      received(signedFor(target), { rawBody: Buffer.alloc(0), urls, query: sentQuery })

    const plain = receivedAt(`${url}?${query}`, ['https://other.example/', url], query)
    expect(verifyMessagebirdJwt(plain, input)).toMatchObject({ url, signedQuery: query })
    const more = receivedAt(`${url}?tenant=a&${query}`, [`${url}?tenant=a`], `tenant=a&${query}`)
    expect(verifyMessagebirdJwt(more, input)).toMatchObject({
      url: `${url}?tenant=a`,
      signedQuery: `tenant=a&${query}`,
    })
    const mark = receivedAt(`${url}?${query}`, [`${url}?`], query)
    expect(verifyMessagebirdJwt(mark, input)).toMatchObject({ url: `${url}?`, signedQuery: query })

    const refused = [
      receivedAt(`${url}?${query}`, [url], `${query}&x=1`),
      receivedAt(`${url}?${query}`, [url], 'status=delivered&id=1'),
      receivedAt(`${url}?tenant=b&${query}`, [`${url}?tenant=a`], `tenant=b&${query}`),
      receivedAt(`${url}?tenant=ab`, [`${url}?tenant=a`], 'tenant=ab'),
    ]
    for (const webhook of refused) expect(reasonOf(webhook)).toBe('url-mismatch')
  })

  it('passes on no query that was not signed', () => {
    const webhook = received(signToken({ header, claims, key }), { query: 'added=1' })
    expect(verifyMessagebirdJwt(webhook, input)).toMatchObject({ url, signedQuery: null })
  })

  it('takes the bytes of a URL beyond ASCII, with a port, as registered', () => {
    const target = 'https://b\u00fccher.example:8443/caf\u00e9?q=\u0441'
    const token = signMessagebirdJwt({ key, seconds, id: 'j', url: target, rawBody })['messagebird-signature-jwt']
    expect(verifyMessagebirdJwt(received(token, { urls: [target] }), input).url).toBe(target)
  })
})
