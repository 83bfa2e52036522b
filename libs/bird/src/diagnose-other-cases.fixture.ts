import { createHash, createHmac, hash } from 'node:crypto'
import { BODY, type DoctorCase, PUBLIC_URL, SECONDS, secrets, sourceOf } from './diagnose.fixture.ts'
import type { DoctorWebhook, FindingWord } from './diagnose-finding.ts'
import { signBirdCrm } from './sign-bird-crm.ts'
import { type MessagebirdJwtSignable, signMessagebirdJwt, signToken } from './sign-messagebird-jwt.ts'
import {
  digestStandardWebhooks,
  type StandardWebhooksSignable,
  signStandardWebhooks,
} from './sign-standard-webhooks.ts'

export const base = PUBLIC_URL.split('?', 1)[0] ?? ''
const jwt = sourceOf({ scheme: 'messagebird-jwt', publicUrls: [base] })

export function token(change: Partial<MessagebirdJwtSignable>, received: Partial<DoctorWebhook> = {}): DoctorWebhook {
  const signable = { key: secrets.crm, seconds: SECONDS, id: 'j1', url: base, rawBody: BODY, ...change }
  return {
    rawBody: signable.rawBody,
    query: '',
    ...received,
    headers: { host: 'hooks.example.com', ...signMessagebirdJwt(signable), ...received.headers },
  }
}

function claims(
  change: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): DoctorWebhook {
  const all = {
    iss: 'MessageBird',
    nbf: SECONDS,
    exp: SECONDS + 60,
    jti: 'j1',
    url_hash: hash('sha256', base, 'hex'),
    payload_hash: hash('sha256', BODY, 'hex'),
    ...change,
  }
  const made = signToken({ header: { alg: 'HS256', ...header }, claims: all, key: secrets.crm })
  return { rawBody: BODY, query: '', headers: { 'messagebird-signature-jwt': made } }
}

function tokenText(spell: (token: string) => string): DoctorWebhook {
  const webhook = token({})
  return {
    ...webhook,
    headers: { 'messagebird-signature-jwt': spell(webhook.headers['messagebird-signature-jwt'] ?? '') },
  }
}

const jwtCase = (name: string, words: readonly FindingWord[], webhook: DoctorWebhook, source = jwt): DoctorCase => ({
  name,
  words,
  webhook,
  source,
})

export const jwtCases: readonly DoctorCase[] = [
  jwtCase('the token expired', ['too-old'], token({ seconds: SECONDS - 3600 })),
  jwtCase(
    'the times of the token are in milliseconds',
    ['timestamp-unit'],
    claims({ nbf: SECONDS * 1000, exp: SECONDS * 1000 + 60_000 }),
  ),
  jwtCase('the token begins later', ['in-the-future'], token({ seconds: SECONDS + 3600 })),
  jwtCase('the issuer is another', ['wrong-issuer'], claims({ iss: 'Messagebird' })),
  jwtCase('exp is missing', ['claims-malformed'], claims({ exp: undefined })),
  jwtCase('the algorithm is none', ['algorithm-refused'], claims({}, { alg: 'none' })),
  jwtCase(
    'the token is expired and of another issuer',
    ['wrong-issuer', 'too-old'],
    claims({ iss: 'x', exp: SECONDS - 60 }),
  ),
  jwtCase('the URL has another scheme', ['url-scheme'], token({ url: base.replace('https', 'http') })),
  jwtCase('the URL has another host', ['url-host'], token({}), { ...jwt, publicUrls: ['https://ingress/bird'] }),
  jwtCase(
    'the URL has a slash more, and the callback a query',
    ['url-trailing-slash'],
    token({ url: `${base}/?a=1` }, { query: 'a=1' }),
  ),
  jwtCase('the query is not the one that was signed', ['url-query-sorted'], token({ url: `${base}?b=1&a=1` }), {
    ...jwt,
    publicUrls: [`${base}?a=1&b=1`],
  }),
  jwtCase('no form of the URL fits', ['url-changed'], token({ url: 'https://elsewhere.example/x' })),
  jwtCase(
    'the body was indented',
    ['body-reserialised'],
    token({ rawBody: Buffer.from('{"a":1}') }, { rawBody: Buffer.from('{\n  "a": 1\n}') }),
  ),
  jwtCase('a body was added', ['body-added'], token({ rawBody: Buffer.alloc(0) }, { rawBody: BODY })),
  jwtCase('the body was dropped', ['body-missing'], token({}, { rawBody: Buffer.alloc(0) })),
  jwtCase('the body is another', ['body-changed'], token({}, { rawBody: Buffer.from('{}') })),
  jwtCase(
    'the body is cut off',
    ['body-truncated'],
    token({}, { rawBody: BODY.subarray(0, 9), headers: { 'content-length': '99' } }),
  ),
  jwtCase('the key was decoded', ['key-decoded'], claimsBy(Buffer.from(secrets.crm, 'base64'))),
  jwtCase('nobody knows the key', ['unknown'], token({ key: 'nobody knows this key' })),
  jwtCase(
    'the token came twice',
    ['header-doubled'],
    tokenText((text) => `${text}, ${text}`),
  ),
  jwtCase(
    'the token has a prefix',
    ['signature-encoding'],
    tokenText((text) => `Bearer ${text}`),
  ),
  jwtCase(
    'the token is none',
    ['header-malformed'],
    tokenText(() => 'abc'),
  ),
  jwtCase('the token is missing', ['header-missing'], { rawBody: BODY, query: '', headers: {} }),
  jwtCase('it is signed as Bird CRM does', ['other-scheme'], {
    rawBody: BODY,
    query: '',
    headers: { ...signBirdCrm({ key: secrets.crm, timestamp: String(SECONDS), url: base, rawBody: BODY }) },
  }),
]

function claimsBy(key: Buffer): DoctorWebhook {
  const [head = '', body = ''] = (token({}).headers['messagebird-signature-jwt'] ?? '').split('.')
  const tail = createHmac('sha256', key).update(`${head}.${body}`).digest('base64url')
  return { rawBody: BODY, query: '', headers: { 'messagebird-signature-jwt': `${head}.${body}.${tail}` } }
}

const standard = sourceOf({
  scheme: 'standard-webhooks',
  publicUrls: [],
  signingKeys: [{ id: 'p1', secret: secrets.prefixed }],
})

function platform(change: Partial<StandardWebhooksSignable>, received: Partial<DoctorWebhook> = {}): DoctorWebhook {
  const signable = { key: secrets.prefixed, id: 'msg_1', timestamp: String(SECONDS), rawBody: BODY, ...change }
  return {
    rawBody: signable.rawBody,
    query: '',
    ...received,
    headers: { ...signStandardWebhooks(signable), ...received.headers },
  }
}

function platformBy(key: Buffer, rawBody: Buffer = BODY): DoctorWebhook {
  const digest = digestStandardWebhooks({ key, id: 'msg_1', timestamp: String(SECONDS), rawBody })
  return platform({}, { headers: { 'webhook-signature': `v1,${digest.toString('base64')}` } })
}

const platformCase = (
  name: string,
  words: readonly FindingWord[],
  webhook: DoctorWebhook,
  source = standard,
): DoctorCase => ({ name, words, webhook, source })
const rightEntry = platform({}).headers['webhook-signature'] ?? ''

export const standardCases: readonly DoctorCase[] = [
  platformCase('the secret was used as text', ['key-decoded'], platformBy(Buffer.from(secrets.prefixed))),
  platformCase(
    'the secret was used as text without its prefix',
    ['key-decoded'],
    platformBy(Buffer.from(secrets.prefixed.slice(6))),
  ),
  platformCase('the prefix was decoded too', ['key-prefix'], platformBy(Buffer.from(secrets.prefixed, 'base64'))),
  platformCase('the stored secret has a blank after it', ['key-whitespace'], platform({}), {
    ...standard,
    signingKeys: [{ id: 'p1', secret: `${secrets.prefixed} ` }],
  }),
  platformCase('milliseconds are sent and signed', ['timestamp-unit'], platform({ timestamp: `${SECONDS}000` })),
  platformCase(
    'milliseconds were signed',
    ['timestamp-unit'],
    platform({ timestamp: `${SECONDS}000` }, { headers: { 'webhook-timestamp': String(SECONDS) } }),
  ),
  platformCase('the id has blanks', ['id-changed'], platform({}, { headers: { 'webhook-id': ' msg_1' } })),
  platformCase(
    "Bird's request id was signed",
    ['id-changed'],
    platform({ id: 'r-9' }, { headers: { 'webhook-id': 'msg_1', 'messagebird-request-id': 'r-9' } }),
  ),
  platformCase(
    'the body was indented',
    ['body-reserialised'],
    platform({ rawBody: Buffer.from('{"a":1}') }, { rawBody: Buffer.from('{\n  "a": 1\n}') }),
  ),
  platformCase(
    'a newline was added',
    ['body-newline'],
    platform({}, { rawBody: Buffer.concat([BODY, Buffer.from('\n')]) }),
  ),
  platformCase(
    'the hash was signed',
    ['hash-form'],
    platformBy(
      Buffer.from(secrets.prefixed.slice(6), 'base64'),
      Buffer.from(createHash('sha256').update(BODY).digest('hex')),
    ),
  ),
  platformCase(
    'the version is missing',
    ['signature-encoding'],
    platform({}, { headers: { 'webhook-signature': rightEntry.slice(3) } }),
  ),
  platformCase(
    'the signature came twice',
    ['header-doubled'],
    platform({}, { headers: { 'webhook-signature': `${rightEntry}, ${rightEntry}` } }),
  ),
  platformCase('the id came twice', ['header-doubled'], platform({}, { headers: { 'webhook-id': 'msg_1, msg_1' } })),
  platformCase('the id is missing', ['header-missing'], platform({}, { headers: { 'webhook-id': '' } })),
  platformCase('the id is longer than any', ['header-malformed'], platform({ id: 'm'.repeat(300) })),
  platformCase('it is too old', ['too-old'], platform({ timestamp: String(SECONDS - 200_000) })),
  platformCase('nobody knows the key', ['unknown'], platformBy(Buffer.from('nobody knows'))),
  platformCase('it is signed as Bird CRM does', ['other-scheme'], {
    rawBody: BODY,
    query: '',
    headers: { ...signBirdCrm({ key: secrets.crm, timestamp: String(SECONDS), url: base, rawBody: BODY }) },
  }),
]
