import { SignatureRejectedError, schemes, signBirdCrm } from '@murmuration/bird'
import { describe, expect, it } from 'vitest'
import { birdCrmVectors } from './bird-fixtures.ts'

const vectors = birdCrmVectors()

describe('bird-crm signature vectors', () => {
  it('hold cases to accept and cases to refuse', () => {
    expect(new Set(vectors.map((vector) => vector.valid))).toEqual(new Set([true, false]))
  })

  it.each(vectors)('$name: valid is $valid', ({ key, timestamp, url, body, signature, valid }) => {
    const rawBody = Buffer.from(body)
    const headers = { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp }
    const input = {
      signingKeys: [{ id: 'k', secret: key }],
      nowMs: Number(timestamp) * 1000,
      maxAgeMs: 0,
      clockSkewMs: 0,
    }
    const verify = () => schemes['bird-crm'].verify({ rawBody, urls: [url], query: '', headers }, input)
    if (valid) expect(verify()).toMatchObject({ keyId: 'k' })
    else expect(verify).toThrow(new SignatureRejectedError({ reason: 'no-key-matches' }))
    const own = signBirdCrm({ key, timestamp, url, rawBody })['messagebird-signature']
    expect(own === signature).toBe(valid)
  })
})
