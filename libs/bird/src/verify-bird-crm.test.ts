import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signBirdCrm } from './sign-bird-crm.ts'
import { SignatureRejectedError } from './signature-rejected-error.ts'
import type { SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { verifyBirdCrm } from './verify-bird-crm.ts'
import { signatureInput, signed, signedAtSeconds, signingKey, thrownBy, url } from './webhook.fixture.ts'

const body = Buffer.from('{"service":"channels"}')
const webhook = signed(body)
const signedAtMs = signedAtSeconds * 1000

function reasonOf(candidate: UnverifiedWebhook, input: Partial<SignatureInput> = {}): string {
  const error = thrownBy(() => verifyBirdCrm(candidate, { ...signatureInput, ...input }))
  return error instanceof SignatureRejectedError ? error.reason : `not refused: ${String(error)}`
}

function withHeaders(headers: Record<string, string | undefined>): UnverifiedWebhook {
  return { ...webhook, headers: { ...webhook.headers, ...headers } }
}

describe('verifyBirdCrm', () => {
  it('says which key matched, when it was signed, and what the unsigned headers claim', () => {
    const candidate = withHeaders({ 'messagebird-request-id': 'r-1', 'content-type': 'application/json' })
    expect(verifyBirdCrm(candidate, signatureInput)).toMatchObject({
      scheme: 'bird-crm',
      keyId: 'key-1',
      signedAtMs,
      requestId: 'r-1',
      contentType: 'application/json',
      url,
    })
    expect(verifyBirdCrm(webhook, signatureInput)).toMatchObject({ requestId: null, contentType: null })
  })

  it('keeps the very bytes that were signed', () => {
    expect(verifyBirdCrm(webhook, signatureInput).rawBody).toBe(body)
  })

  it('accepts every active key while keys are rotated', () => {
    const signingKeys = [{ id: 'key-2', secret: 'newer' }, signingKey]
    expect(verifyBirdCrm(webhook, { ...signatureInput, signingKeys }).keyId).toBe('key-1')
  })

  it('refuses a webhook without signature or timestamp', () => {
    expect(reasonOf(withHeaders({ 'messagebird-signature': undefined }))).toBe('signature-missing')
    expect(reasonOf(withHeaders({ 'messagebird-signature': '' }))).toBe('signature-missing')
    expect(reasonOf(withHeaders({ 'messagebird-request-timestamp': undefined }))).toBe('timestamp-missing')
    expect(reasonOf({ ...webhook, headers: {} })).toBe('signature-missing')
  })

  it('refuses a signature that is not strict base64 of 32 bytes', () => {
    const good = webhook.headers['messagebird-signature'] ?? ''
    const urlSafe = `${good.slice(0, 4)}-_${good.slice(6)}`
    const looseBits = `${good.slice(0, 42)}B=`
    const short = Buffer.alloc(31).toString('base64')
    const long = Buffer.alloc(33).toString('base64')
    for (const signature of [
      good.slice(0, -1),
      `${good}=`,
      ` ${good}`,
      `${good}\n`,
      urlSafe,
      looseBits,
      short,
      long,
      'x',
    ]) {
      expect(reasonOf(withHeaders({ 'messagebird-signature': signature }))).toBe('signature-malformed')
    }
  })

  it('refuses a header that came twice, even where one of the two is right', () => {
    const { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp } = webhook.headers
    expect(reasonOf(withHeaders({ 'messagebird-signature': `${signature}, ${signature}` }))).toBe('signature-malformed')
    expect(reasonOf(withHeaders({ 'messagebird-request-timestamp': `${timestamp}, ${timestamp}` }))).toBe(
      'timestamp-malformed',
    )
  })

  it('refuses a timestamp that is not Unix seconds in digits, even when it was signed so', () => {
    for (const timestamp of ['+1719823259', '-1', '1719823259.0', '1.7e9', ' 1719823259', '0x1', '١', '9'.repeat(12)]) {
      const headers = { ...signBirdCrm({ key: signingKey.secret, timestamp, url, rawBody: body }) }
      expect(reasonOf({ rawBody: body, urls: [url], query: '', headers })).toBe('timestamp-malformed')
    }
  })

  it('refuses without keys, and never lets an empty key match', () => {
    const headers = { ...signBirdCrm({ key: '', timestamp: String(signedAtSeconds), url, rawBody: body }) }
    expect(reasonOf(webhook, { signingKeys: [] })).toBe('no-key-matches')
    expect(
      reasonOf({ rawBody: body, urls: [url], query: '', headers }, { signingKeys: [{ id: 'empty', secret: '' }] }),
    ).toBe('no-key-matches')
  })

  it('accepts a retry hours later with its first timestamp, up to the ceiling', () => {
    const limits = { maxAgeMs: 1000, clockSkewMs: 10 }
    expect(reasonOf(webhook, { ...limits, nowMs: signedAtMs + 1010 })).toBe('not refused: undefined')
    expect(reasonOf(webhook, { ...limits, nowMs: signedAtMs + 1011 })).toBe('too-old')
    expect(reasonOf(webhook, { ...limits, nowMs: signedAtMs - 10 })).toBe('not refused: undefined')
    expect(reasonOf(webhook, { ...limits, nowMs: signedAtMs - 11 })).toBe('in-the-future')
    expect(reasonOf(webhook, { nowMs: signedAtMs + 8 * 60 * 60_000 })).toBe('not refused: undefined')
  })

  it('refuses when the clock or a limit is not a number', () => {
    expect(reasonOf(webhook, { nowMs: Number.NaN })).toBe('too-old')
    expect(reasonOf(webhook, { maxAgeMs: Number.NaN })).toBe('too-old')
  })

  it('tells a stranger nothing about age: the signature is judged first', () => {
    const forged = { ...webhook, rawBody: Buffer.from('{}') }
    expect(reasonOf(forged, { nowMs: signedAtMs + 10 ** 12 })).toBe('no-key-matches')
  })

  it('puts neither key nor signature into the error', () => {
    const error = thrownBy(() => verifyBirdCrm({ ...webhook, urls: ['https://other.example/'] }, signatureInput))
    const said = `${JSON.stringify(error)} ${String(error)}`
    expect(said).not.toContain(signingKey.secret)
    expect(said).not.toContain(webhook.headers['messagebird-signature'])
  })

  it('refuses every single change of body, URL, timestamp or key', () => {
    const request = fc.record({
      rawBody: fc.uint8Array({ minLength: 1, maxLength: 200 }),
      url: fc.webUrl({ withQueryParameters: true }),
      seconds: fc.integer({ min: 1_000_000_000, max: 2_000_000_000 }),
      secret: fc.string({ minLength: 1 }),
      what: fc.constantFrom('body', 'url', 'timestamp', 'key'),
      at: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
    })
    fc.assert(
      fc.property(request, ({ rawBody, url, seconds, secret, what, at, by }) => {
        const timestamp = String(seconds)
        const original = Buffer.from(rawBody)
        const headers = { ...signBirdCrm({ key: secret, timestamp, url, rawBody: original }) }
        const input = { ...signatureInput, signingKeys: [{ id: 'k', secret }], nowMs: seconds * 1000 }
        expect(reasonOf({ rawBody: original, urls: [url], query: '', headers }, input)).toBe('not refused: undefined')

        const bytes = Buffer.from(original)
        if (what === 'body') bytes[at % bytes.length] = ((bytes[at % bytes.length] ?? 0) + by) % 256
        const changed: UnverifiedWebhook = {
          rawBody: bytes,
          urls: [what === 'url' ? mutate(url, at) : url],
          query: '',
          headers: { ...headers, 'messagebird-request-timestamp': String(seconds + (what === 'timestamp' ? by : 0)) },
        }
        const signingKeys = [{ id: 'k', secret: what === 'key' ? mutate(secret, at) : secret }]
        expect(reasonOf(changed, { ...input, signingKeys })).toBe('no-key-matches')
      }),
    )
  })
})

/** Another text: one character inserted. */
function mutate(text: string, at: number): string {
  const index = at % (text.length + 1)
  return `${text.slice(0, index)}x${text.slice(index)}`
}
