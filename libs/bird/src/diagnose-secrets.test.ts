import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyText, type DoctorCase, NOW_MS, secrets, signedCrm, sourceOf } from './diagnose.fixture.ts'
import { crmCases } from './diagnose-crm-cases.fixture.ts'
import { type DoctorSource, findingWords } from './diagnose-finding.ts'
import { mistakeCases, password } from './diagnose-mistake-cases.fixture.ts'
import { jwtCases, standardCases } from './diagnose-other-cases.fixture.ts'
import { queryCases } from './diagnose-query-cases.fixture.ts'
import { diagnoseWebhook, findingOf } from './diagnose-webhook.ts'
import { schemeNames } from './signature-scheme.ts'

const cases: readonly DoctorCase[] = [...crmCases, ...jwtCases, ...standardCases, ...queryCases, ...mistakeCases]
const everySource: readonly DoctorSource[] = schemeNames.map((scheme) =>
  sourceOf({
    name: `all-${scheme}`,
    scheme,
    signingKeys: Object.entries(secrets).map(([id, secret]) => ({ id, secret })),
  }),
)

/** Everything that must stay in: keys in each spelling, what the request was signed with, its body and the query's values. */
function secretsOf({ webhook, source, others = [] }: DoctorCase): readonly string[] {
  const keys = [source, ...others].flatMap(({ signingKeys }) => signingKeys.map(({ secret }) => secret.trim()))
  const spelt = keys.flatMap((key) => [
    key,
    Buffer.from(key).toString('base64'),
    Buffer.from(key).toString('hex'),
    Buffer.from(key, 'base64').toString('hex'),
    Buffer.from(key, 'base64').toString().trim(),
  ])
  const names = ['messagebird-signature', 'messagebird-signature-jwt', 'webhook-signature']
  const sent = names.flatMap((name) => (webhook.headers[name] ?? '').split(/[ ,.]+/))
  const timestamp = webhook.headers['messagebird-request-timestamp'] ?? ''
  const bodyHash = createHash('sha256').update(webhook.rawBody).digest()
  const right = keys.flatMap((key) =>
    source.publicUrls.map((url) =>
      createHmac('sha256', key).update(`${timestamp}\n${url}\n`).update(bodyHash).digest('base64'),
    ),
  )
  return [...spelt, ...sent, ...right, bodyText, password, '31612345678', 'confidencial'].filter(
    (text) => text.length > 5,
  )
}

describe('the doctor keeps to itself', () => {
  it.each(cases)('keys, signatures, tokens and text, when $name', (entry) => {
    const { webhook, source, others = [] } = entry
    const own = diagnoseWebhook(webhook, { sources: [source, ...others], source: source.name, nowMs: NOW_MS })
    const any = diagnoseWebhook(webhook, { sources: [...others, ...everySource, source], nowMs: NOW_MS })
    const said = JSON.stringify([own, any])
    for (const secret of secretsOf(entry)) expect(said).not.toContain(secret)
  })

  it('the password of a publicUrl, whatever differs', () => {
    const user = fc.stringMatching(/^[\w!$&'()*+,;=:%-]{0,20}$/).map((text) => `${text}SECRET-MARKER`)
    const change = fc.constantFrom<(url: string) => string>(
      (url) => url.replace('https', 'http'),
      (url) => url.replace('hooks.example.com', 'ingress:8080'),
      (url) => url.replace('hooks', 'HOOKS'),
      (url) => url.replace('.com', '.com:8443'),
      (url) => `${url}/`,
      (url) => `${url}?a=1`,
      (url) => url.replace('/bird', '/other'),
    )
    fc.assert(
      fc.property(user, change, (text, changed) => {
        const url = `https://${text}@hooks.example.com/bird`
        const source = sourceOf({ publicUrls: [changed(url)] })
        const other = sourceOf({ name: 'other', publicUrls: [changed(url)], signingKeys: [] })
        const webhook = signedCrm({ url }, { query: '', path: '/bird' })
        const theirs = signedCrm({ url: changed(url) }, { query: '' })
        const said = [
          diagnoseWebhook(webhook, { sources: [source], nowMs: NOW_MS }),
          diagnoseWebhook(theirs, { sources: [sourceOf(), other], source: 'main', nowMs: NOW_MS }),
        ]
        expect(said.flatMap(({ findings }) => findings.map(({ what }) => what))).not.toContain('unknown')
        expect(JSON.stringify(said)).not.toContain('SECRET-MARKER')
      }),
      { numRuns: 60 },
    )
  })

  it('whatever a header, query or path holds', () => {
    const marker = 'SECRET-MARKER'
    const texts = fc.string().map((text) => `${text}${marker}`)
    const names = [
      'messagebird-signature',
      'messagebird-request-timestamp',
      'messagebird-signature-jwt',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
    ]
    const headers = fc.record(Object.fromEntries(names.map((name) => [name, texts])), { requiredKeys: [] })
    const request = fc.record({ headers, query: texts, rawBody: texts.map((text) => Buffer.from(text)) })
    fc.assert(
      fc.property(request, fc.constantFrom(...everySource), (webhook, source) => {
        const diagnosis = diagnoseWebhook(webhook, { sources: everySource, source: source.name, nowMs: NOW_MS })
        expect(JSON.stringify(diagnosis)).not.toContain(marker)
        expect(findingWords).toContain(findingOf(webhook, { source, others: everySource, nowMs: NOW_MS }))
      }),
      { numRuns: 60 },
    )
  })
})
