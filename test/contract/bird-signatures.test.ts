import { SignatureRejectedError, schemeNames, schemes } from '@murmuration/bird'
import { describe, expect, it } from 'vitest'
import { readSignatureVectors, type SignatureVector } from './signature-vectors.ts'

const vectors = readSignatureVectors(`${import.meta.dirname}/fixtures/signature-vectors.json`)

/** Verifies at the vector's own time: no age is forgiven, no skew allowed. */
function judge({ scheme, webhook, secret, nowMs }: SignatureVector): string {
  const input = { signingKeys: [{ id: 'k', secret }], nowMs, maxAgeMs: 0, clockSkewMs: 0 }
  try {
    return schemes[scheme].verify(webhook, input).keyId
  } catch (error) {
    if (error instanceof SignatureRejectedError) return error.reason
    throw error
  }
}

describe('the signature vectors', () => {
  it('are all there: no group, and no verdict of a group, can go missing unseen', () => {
    const counts: Record<string, { valid: number; refused: number }> = {}
    for (const { group, valid } of vectors) {
      counts[group] ??= { valid: 0, refused: 0 }
      counts[group][valid ? 'valid' : 'refused']++
    }
    expect(counts).toEqual({
      bird_url_hmac: { valid: 6, refused: 7 },
      messagebird_legacy_query_hmac: { valid: 5, refused: 2 },
      messagebird_signature_jwt: { valid: 13, refused: 9 },
      messagebird_signature_jwt_older_revision: { valid: 3, refused: 2 },
      standard_webhooks_new_bird_platform: { valid: 2, refused: 0 },
    })
    expect(new Set(vectors.map(({ scheme }) => scheme))).toEqual(new Set(schemeNames))
  })

  it.each(vectors)('$group, $name: valid is $valid', (vector) => {
    if (vector.valid) expect(judge(vector)).toBe('k')
    else expect(judge(vector)).not.toBe('k')
  })

  it('are refused for the reason that their publisher states', () => {
    const reasons = vectors.filter(({ valid }) => !valid).map((vector) => `${vector.group}: ${judge(vector)}`)
    expect([...new Set(reasons)].sort()).toEqual([
      'bird_url_hmac: no-key-matches',
      'messagebird_legacy_query_hmac: no-key-matches',
      'messagebird_signature_jwt: expired',
      'messagebird_signature_jwt: payload-mismatch',
      'messagebird_signature_jwt_older_revision: expired',
      'messagebird_signature_jwt_older_revision: in-the-future',
    ])
  })

  it.each(vectors.filter(({ valid }) => valid))('$group, $name: is refused by another key, and by no key', (vector) => {
    const other = vector.scheme === 'standard-webhooks' ? 'whsec_AAAA' : 'other'
    expect(judge({ ...vector, secret: other })).toBe('no-key-matches')
    expect(judge({ ...vector, secret: '' })).toBe('no-key-matches')
  })

  it.each(vectors.filter(({ valid }) => valid))('$group, $name: is refused with another body', (vector) => {
    const rawBody = Buffer.concat([vector.webhook.rawBody, Buffer.from(' ')])
    expect(judge({ ...vector, webhook: { ...vector.webhook, rawBody } })).not.toBe('k')
  })
})
