import { describe, expect, it } from 'vitest'
import { NOW_MS, secrets, signedCrm, sourceOf } from './diagnose.fixture.ts'
import { crmCases } from './diagnose-crm-cases.fixture.ts'
import { jwtCases, queryCases, standardCases } from './diagnose-other-cases.fixture.ts'
import { diagnoseWebhook, findingOf } from './diagnose-webhook.ts'

const tables = Object.entries({
  'bird-crm': crmCases,
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

  it('lets any source accept it where none is named', () => {
    const other = sourceOf({ name: 'other', signingKeys: [{ id: 'o', secret: secrets.other }] })
    const webhook = signedCrm({ key: secrets.other })
    expect(diagnoseWebhook(webhook, { sources: [sourceOf(), other], nowMs: NOW_MS })).toMatchObject({
      source: 'other',
      keyId: 'o',
    })
  })
})
