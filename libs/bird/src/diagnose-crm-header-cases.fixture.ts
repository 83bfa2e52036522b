import { createHash, createHmac } from 'node:crypto'
import { BODY, type DoctorCase, PUBLIC_URL, SECONDS, secrets, signedCrm, sourceOf } from './diagnose.fixture.ts'
import { signMessagebirdJwt } from './sign-messagebird-jwt.ts'
import { signMessagebirdQuery } from './sign-messagebird-query.ts'
import { signStandardWebhooks } from './sign-standard-webhooks.ts'

export const digest = createHash('sha256').update(BODY)

/** A signature over anything, in any spelling. */
export function handSigned(content: string | Buffer, key: string | Buffer = secrets.crm): Buffer {
  return createHmac('sha256', key).update(`${SECONDS}\n${PUBLIC_URL}\n`).update(content).digest()
}

export function signature(text: string): DoctorCase['webhook'] {
  return signedCrm({}, { headers: { 'messagebird-signature': text } })
}

const right = handSigned(digest.copy().digest())

const at = (seconds: number) => signedCrm({ timestamp: String(seconds) })
const times = (sent: string, signed: string) =>
  signedCrm({ timestamp: signed }, { headers: { 'messagebird-request-timestamp': sent } })

/** Cases under bird-crm whose headers deviate. */
export const headerCases: readonly DoctorCase[] = [
  {
    name: 'milliseconds are sent and signed',
    words: ['timestamp-unit'],
    webhook: times(`${SECONDS}123`, `${SECONDS}123`),
    source: sourceOf(),
  },
  {
    name: 'milliseconds are sent, seconds signed',
    words: ['timestamp-unit'],
    webhook: times(`${SECONDS}123`, `${SECONDS}`),
    source: sourceOf(),
  },
  {
    name: 'seconds are sent, milliseconds signed',
    words: ['timestamp-unit'],
    webhook: times(`${SECONDS}`, `${SECONDS}000`),
    source: sourceOf(),
  },
  {
    name: 'a date is sent',
    words: ['timestamp-unit'],
    webhook: times(new Date(SECONDS * 1000).toISOString(), `${SECONDS}`),
    source: sourceOf(),
  },
  { name: 'it is two days old', words: ['too-old'], webhook: at(SECONDS - 2 * 86_400), source: sourceOf() },
  { name: 'it is of tomorrow', words: ['in-the-future'], webhook: at(SECONDS + 86_400), source: sourceOf() },
  {
    name: 'it is too old and has the wrong scheme',
    words: ['url-scheme', 'too-old'],
    webhook: at(SECONDS - 200_000),
    source: sourceOf({ publicUrls: [PUBLIC_URL.replace('https', 'http')] }),
  },
  {
    name: 'the hash is hex',
    words: ['hash-form'],
    webhook: signature(handSigned(digest.copy().digest('hex')).toString('base64')),
    source: sourceOf(),
  },
  {
    name: 'the hash is base64',
    words: ['hash-form'],
    webhook: signature(handSigned(digest.copy().digest('base64')).toString('base64')),
    source: sourceOf(),
  },
  {
    name: 'the body is not hashed',
    words: ['hash-form'],
    webhook: signature(handSigned(BODY).toString('base64')),
    source: sourceOf(),
  },
  {
    name: 'the signature is hex',
    words: ['signature-encoding'],
    webhook: signature(right.toString('hex')),
    source: sourceOf(),
  },
  {
    name: 'the signature is base64url',
    words: ['signature-encoding'],
    webhook: signature(right.toString('base64url')),
    source: sourceOf(),
  },
  {
    name: 'the signature has no padding',
    words: ['signature-encoding'],
    webhook: signature(right.toString('base64').slice(0, -1)),
    source: sourceOf(),
  },
  {
    name: 'the signature is in quotes',
    words: ['signature-encoding'],
    webhook: signature(`"${right.toString('base64')}"`),
    source: sourceOf(),
  },
  { name: 'the signature is no signature', words: ['header-malformed'], webhook: signature('yes'), source: sourceOf() },
  {
    name: 'the signature came twice',
    words: ['header-doubled'],
    webhook: signature(`${right.toString('base64')}, ${right.toString('base64')}`),
    source: sourceOf(),
  },
  {
    name: 'the timestamp came twice',
    words: ['header-doubled'],
    webhook: times(`${SECONDS}, ${SECONDS}`, `${SECONDS}`),
    source: sourceOf(),
  },
  {
    name: 'it is unsigned',
    words: ['header-missing'],
    webhook: { rawBody: BODY, query: '', headers: {} },
    source: sourceOf(),
  },
  { name: 'the timestamp is missing', words: ['header-missing'], webhook: times('', `${SECONDS}`), source: sourceOf() },
]

const plain = { rawBody: BODY, query: 'b=2&a=1' }
/** Webhooks of another scheme at a source of bird-crm. */
export const schemeCases: readonly DoctorCase[] = [
  {
    name: 'it is signed by the new platform',
    words: ['other-scheme'],
    webhook: {
      ...plain,
      headers: {
        ...signStandardWebhooks({ key: secrets.prefixed, id: 'm1', timestamp: String(SECONDS), rawBody: BODY }),
      },
    },
    source: sourceOf(),
  },
  {
    name: 'it carries a token',
    words: ['other-scheme'],
    webhook: {
      ...plain,
      headers: {
        ...signMessagebirdJwt({ key: secrets.crm, seconds: SECONDS, id: 'j', url: PUBLIC_URL, rawBody: BODY }),
      },
    },
    source: sourceOf(),
  },
  {
    name: 'the query is signed, as in the legacy scheme',
    words: ['other-scheme'],
    webhook: {
      ...plain,
      headers: {
        ...signMessagebirdQuery({ key: secrets.crm, timestamp: String(SECONDS), query: plain.query, rawBody: BODY }),
      },
    },
    source: sourceOf(),
  },
]
