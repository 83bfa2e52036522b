import { describe, expect, it } from 'vitest'
import { BODY, NOW_MS, PUBLIC_URL, SECONDS, secrets, signedCrm, sourceOf } from './diagnose.fixture.ts'
import { crmCases } from './diagnose-crm-cases.fixture.ts'
import { mistakeCases } from './diagnose-mistake-cases.fixture.ts'
import { jwtCases, standardCases } from './diagnose-other-cases.fixture.ts'
import { queryCases } from './diagnose-query-cases.fixture.ts'
import { diagnoseWebhook, findingOf } from './diagnose-webhook.ts'
import { type MessagebirdJwtSignable, signMessagebirdJwt } from './sign-messagebird-jwt.ts'

const tables = Object.entries({
  'bird-crm': crmCases,
  'all schemes, with the mistakes of people': mistakeCases,
  'messagebird-jwt': jwtCases,
  'standard-webhooks': standardCases,
  'messagebird-query': queryCases,
})

describe.each(tables)('diagnoseWebhook under %s', (_scheme, cases) => {
  it.each(cases)('names it when $name: $words', ({ webhook, source, others = [], words }) => {
    const diagnosis = diagnoseWebhook(webhook, { sources: [source, ...others], source: source.name, nowMs: NOW_MS })
    expect(diagnosis.verdict).toBe('refused')
    expect(diagnosis.findings.map(({ what }) => what)).toEqual(words)
  })

  it.each(cases.filter(({ words }) => words.length === 1))(
    'has one word for it in the ingress, when $name',
    (entry) => {
      const { webhook, source, others = [], words, quickWord = words[0] } = entry
      expect(findingOf(webhook, { source, others, nowMs: NOW_MS })).toBe(quickWord)
    },
  )
})

describe('diagnoseWebhook', () => {
  it('accepts what the verifier accepts, and names the key', () => {
    expect(diagnoseWebhook(signedCrm(), { sources: [sourceOf()], nowMs: NOW_MS })).toEqual({
      verdict: 'accepted',
      reason: 'accepted',
      source: 'main',
      keyId: 'new',
      findings: [],
    })
  })

  it('says, unproven, whether URL and body are those of a token that no key signed', () => {
    const source = sourceOf({ scheme: 'messagebird-jwt' })
    const hintOf = (change: Partial<MessagebirdJwtSignable>) => {
      const signable = {
        key: 'nobody knows this',
        seconds: SECONDS,
        id: 'j1',
        url: PUBLIC_URL,
        rawBody: BODY,
        ...change,
      }
      const webhook = { rawBody: BODY, query: '', headers: { ...signMessagebirdJwt(signable) } }
      const { findings } = diagnoseWebhook(webhook, { sources: [source], nowMs: NOW_MS })
      expect(findings.map(({ what }) => what)).toEqual(['unknown'])
      return findings[0]?.detail
    }
    expect(hintOf({})).toContain('only the key seems wrong')
    expect(hintOf({ url: 'https://elsewhere.example/' })).toContain('differs too (url-changed; not proven)')
  })

  it('blames a stored secret that is still encoded before a sender that decodes', () => {
    const secret = Buffer.from(secrets.other).toString('base64')
    const source = sourceOf({ signingKeys: [{ id: 'k', secret }] })
    const { findings } = diagnoseWebhook(signedCrm({ key: secrets.other }), { sources: [source], nowMs: NOW_MS })
    expect(findings[0]?.detail).toMatch(/the stored secret is still encoded .*Kubernetes/)
  })

  it('lets any source accept it where none is named', () => {
    const other = sourceOf({ name: 'other', signingKeys: [{ id: 'o', secret: secrets.other }] })
    const webhook = signedCrm({ key: secrets.other })
    expect(diagnoseWebhook(webhook, { sources: [sourceOf(), other], nowMs: NOW_MS })).toMatchObject({
      source: 'other',
      keyId: 'o',
    })
  })
})
