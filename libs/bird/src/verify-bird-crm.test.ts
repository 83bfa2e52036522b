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
})
