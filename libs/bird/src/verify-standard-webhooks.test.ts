import { describe, expect, it } from 'vitest'
import { signStandardWebhooks } from './sign-standard-webhooks.ts'
import { SignatureRejectedError } from './signature-rejected-error.ts'
import { verifyStandardWebhooks } from './verify-standard-webhooks.ts'
import { signatureInput, signedAtSeconds, thrownBy } from './webhook.fixture.ts'

const base64 = 'C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const signable = {
  key: `whsec_${base64}`,
  id: 'msg_2abc',
  timestamp: String(signedAtSeconds),
  rawBody: Buffer.from('{"type":"email.delivered","data":{}}'),
}
const headers = { ...signStandardWebhooks(signable) }
const good = headers['webhook-signature']
const other = signStandardWebhooks({ ...signable, key: 'AAAA' })['webhook-signature']

function outcomeOf(changed: Record<string, string>, secret = signable.key): string {
  const webhook = { rawBody: signable.rawBody, urls: [], query: '', headers: { ...headers, ...changed } }
  const input = { ...signatureInput, signingKeys: [{ id: 'k', secret }] }
  const error = thrownBy(() => verifyStandardWebhooks(webhook, input))
  return error instanceof SignatureRejectedError ? error.reason : `accepted ${error ?? ''}`.trim()
}

describe('verifyStandardWebhooks', () => {
  it('takes the webhook-id as the request id', () => {
    const webhook = { rawBody: signable.rawBody, urls: [], query: '', headers }
    const input = { ...signatureInput, signingKeys: [{ id: 'k', secret: base64 }] }
    expect(verifyStandardWebhooks(webhook, input)).toMatchObject({ requestId: 'msg_2abc', url: null })
  })

  it.each([
    [`${other} ${good}`, 'accepted'],
    [`${good} ${other}`, 'accepted'],
    [`v1a,${good.slice(3)} v2,x ${good}`, 'accepted'],
    [`v1,c2hvcnQ= ${good}`, 'accepted'],
    [Array(9).fill(other).concat(good).join(' '), 'accepted'],
    [other, 'no-key-matches'],
    [Array(10).fill(other).concat(good).join(' '), 'signature-malformed'],
    [`v2,${good.slice(3)}`, 'signature-malformed'],
    [`V1,${good.slice(3)}`, 'signature-malformed'],
    [good.slice(3), 'signature-malformed'],
    [good.slice(0, -1), 'signature-malformed'],
    [`${good}=`, 'signature-malformed'],
    [`${good},${good}`, 'signature-malformed'],
    [`${other},  ${good}`, 'signature-malformed'],
    [`${other}  ${good}`, 'accepted'],
    [` ${good}`, 'signature-malformed'],
    ['v1,', 'signature-malformed'],
  ])('with the signatures %j: %s', (signature, outcome) => {
    expect(outcomeOf({ 'webhook-signature': signature })).toBe(outcome)
  })

  it.each([
    ['', 'id-missing'],
    ['msg 2abc', 'id-malformed'],
    ['msg_2abc,', 'id-malformed'],
    ['msg_\u00e9', 'id-malformed'],
    ['m'.repeat(257), 'id-malformed'],
    ['msg_2abd', 'no-key-matches'],
  ])('with the id %j: %s', (id, outcome) => {
    expect(outcomeOf({ 'webhook-id': id })).toBe(outcome)
  })

  it.each(['1719823259.0', '+1719823259', ' 1719823259', '1719823259000', 'x'])(
    'refuses the timestamp %j',
    (timestamp) => {
      const signed = signStandardWebhooks({ ...signable, timestamp })
      expect(outcomeOf({ ...signed })).toBe('timestamp-malformed')
    },
  )

  it.each([
    [base64, 'accepted'],
    [`whsec_whsec_${base64}`, 'no-key-matches'],
    [`${base64}=`, 'accepted'],
    [`${base64.slice(0, -1)}`, 'no-key-matches'],
    [`${base64}\n`, 'no-key-matches'],
    [base64.replace('+', '-'), 'no-key-matches'],
    [`WHSEC_${base64}`, 'no-key-matches'],
    ['not base64!', 'no-key-matches'],
  ])('with the secret %j: %s', (secret, outcome) => {
    expect(outcomeOf({}, secret)).toBe(outcome)
  })

  it('takes a padded secret with or without its padding, and none with stray bits', () => {
    const signed = { ...signStandardWebhooks({ ...signable, key: 'whsec_AAECAw==' }) }
    for (const secret of ['AAECAw==', 'AAECAw', 'whsec_AAECAw']) expect(outcomeOf(signed, secret)).toBe('accepted')
    for (const secret of ['AAECAx', 'AAECAx==', 'AAECAw===', 'AAECA']) {
      expect(outcomeOf(signed, secret)).toBe('no-key-matches')
    }
  })

  it('refuses to sign with a secret that is no base64', () => {
    expect(() => signStandardWebhooks({ ...signable, key: 'no base64' })).toThrow(TypeError)
  })
})
