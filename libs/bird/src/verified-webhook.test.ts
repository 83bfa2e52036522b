import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as entry from './index.ts'
import { parseWebhook } from './parse-webhook.ts'
import { signed, verified } from './webhook.fixture.ts'

describe('VerifiedWebhook', () => {
  it('is the only thing that the parser takes, by type', () => {
    const unverified = signed(Buffer.from('{}'))
    // @ts-expect-error an unverified webhook can't be parsed
    expect(parseWebhook(unverified).body).toEqual({})
    const {
      rawBody,
      urls,
      query,
      url,
      signedQuery,
      bodyDigest,
      headers,
      scheme,
      keyId,
      signedAtMs,
      requestId,
      contentType,
    } = verified(Buffer.from('{}'))
    const lookalike = {
      rawBody,
      urls,
      query,
      url,
      signedQuery,
      bodyDigest,
      headers,
      scheme,
      keyId,
      signedAtMs,
      requestId,
      contentType,
    }
    // @ts-expect-error the same fields without the verifier's mark can't be parsed either
    expect(parseWebhook(lookalike).body).toEqual({})
  })

  it('is made by verifiers alone', () => {
    const callers = readdirSync(import.meta.dirname)
      .filter((file) => !file.endsWith('.test.ts') && file !== 'verified-webhook.ts')
      .filter((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8').includes('markVerified'))
    expect(callers.filter((file) => !/^verify-.+\.ts$/.test(file))).toEqual([])
    expect(Object.keys(entry)).not.toContain('markVerified')
  })
})
