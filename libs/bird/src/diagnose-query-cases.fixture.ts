import { createHash, createHmac } from 'node:crypto'
import { type DoctorCase, SECONDS, secrets, sourceOf } from './diagnose.fixture.ts'
import type { DoctorWebhook, FindingWord } from './diagnose-finding.ts'
import { base, token } from './diagnose-other-cases.fixture.ts'
import { signBirdCrm } from './sign-bird-crm.ts'
import { type MessagebirdQuerySignable, signMessagebirdQuery } from './sign-messagebird-query.ts'

const legacy = sourceOf({ scheme: 'messagebird-query', publicUrls: [] })
const QUERY = 'recipient=31612345678&id=7&status=delivered'
const EMPTY = Buffer.alloc(0)

function callback(change: Partial<MessagebirdQuerySignable>, received: Partial<DoctorWebhook> = {}): DoctorWebhook {
  const signable = { key: secrets.crm, timestamp: String(SECONDS), query: QUERY, rawBody: EMPTY, ...change }
  return {
    rawBody: signable.rawBody,
    query: signable.query,
    ...received,
    headers: { host: 'hooks.example.com', ...signMessagebirdQuery(signable) },
  }
}

const target = (text: string): DoctorWebhook => ({
  ...callback({}),
  headers: {
    host: 'hooks.example.com',
    ...signBirdCrm({ key: secrets.crm, timestamp: String(SECONDS), url: text, rawBody: EMPTY }),
  },
})
const queryCase = (name: string, words: readonly FindingWord[], webhook: DoctorWebhook): DoctorCase => ({
  name,
  words,
  webhook,
  source: legacy,
})

export const queryCases: readonly DoctorCase[] = [
  queryCase('the query was signed unsorted', ['url-query-sorted'], target(QUERY)),
  queryCase(
    'the query was signed with its question mark',
    ['url-encoding'],
    target('?id=7&recipient=31612345678&status=delivered'),
  ),
  queryCase('no query was signed', ['url-query-added'], callback({ query: '' }, { query: QUERY })),
  queryCase('the query is lost', ['unknown'], callback({}, { query: '' })),
  queryCase('a URL was signed', ['other-scheme'], { ...target(`${base}?${QUERY}`), path: '/bird' }),
  queryCase('the key was decoded', ['key-decoded'], { ...target(''), query: '', headers: decodedHeaders() }),
  queryCase('a body was added', ['body-added'], callback({}, { rawBody: Buffer.from('more') })),
  queryCase('it is too old', ['too-old'], callback({ timestamp: '1544544948' })),
  queryCase('it carries a token', ['other-scheme'], token({ rawBody: EMPTY })),
]

function decodedHeaders(): Readonly<Record<string, string>> {
  const digest = createHmac('sha256', Buffer.from(secrets.crm, 'base64'))
    .update(`${SECONDS}\n\n`)
    .update(createHash('sha256').digest())
    .digest('base64')
  return { 'messagebird-signature': digest, 'messagebird-request-timestamp': String(SECONDS) }
}
