import {
  BODY,
  bodyCase,
  type DoctorCase,
  PUBLIC_URL,
  SECONDS,
  secrets,
  signedCrm,
  sourceOf,
  urlCase,
} from './diagnose.fixture.ts'
import type { FindingWord } from './diagnose-finding.ts'
import { signMessagebirdQuery } from './sign-messagebird-query.ts'

const base = 'https://hooks.example.com/bird'
const text = BODY.toString()
const empty = Buffer.alloc(0)

/** Of publicUrl. */
export const password = 'hunter2pass'

function keyCase(name: string, key: string, stored: string, word: FindingWord = 'key-decoded'): DoctorCase {
  const source = sourceOf({ signingKeys: [{ id: 'k', secret: stored }] })
  return { name, words: [word], webhook: signedCrm({ key }), source }
}

/** The same, which the ingress does not look for. */
function copyCase(name: string, key: string, stored: string, word: FindingWord): DoctorCase {
  return { ...keyCase(name, key, stored, word), quickWord: 'unknown' }
}

/** Mistakes that people make more often than the single ones of a scheme's table; all under bird-crm but the last two. */
export const mistakeCases: readonly DoctorCase[] = [
  copyCase('the stored key lacks the = at its end', secrets.crm, secrets.crm.replace(/=+$/, ''), 'key-whitespace'),
  copyCase('the stored key has its name in front', secrets.crm, `BIRD_KEY=${secrets.crm}`, 'key-prefix'),
  copyCase('the stored key ends with the letters of a newline', secrets.crm, `${secrets.crm}\\n`, 'key-whitespace'),
  copyCase('the stored key is in base64url', 'ab+/cd+/ef+/gh', 'ab-_cd-_ef-_gh', 'key-decoded'),
  copyCase('the stored key has percent codes', 'a key/with+signs', 'a%20key%2Fwith%2Bsigns', 'key-decoded'),
  {
    name: 'it is signed for a source of another scheme',
    words: ['other-source'],
    webhook: signedCrm(),
    source: sourceOf({ name: 'platform', scheme: 'standard-webhooks', publicUrls: [] }),
    others: [sourceOf()],
  },
  urlCase('publicUrl is what the socket knows, and lacks the slash', ['url-scheme', 'url-host', 'url-trailing-slash'], {
    configured: 'http://ingress:8080/bird',
    signed: `${base}/`,
    query: '',
  }),
  urlCase('publicUrl is what the socket knows, and lacks the query', ['url-scheme', 'url-host', 'url-query-missing'], {
    configured: 'http://ingress:8080/bird',
    signed: `${base}?tenant=a`,
    query: 'tenant=a',
  }),
  {
    name: 'publicUrl is what the socket knows, and a newline was added to the body',
    words: ['url-scheme', 'url-host', 'body-newline'],
    webhook: signedCrm({}, { rawBody: Buffer.from(`${text}\n`) }),
    source: sourceOf({ publicUrls: [PUBLIC_URL.replace('https://hooks.example.com', 'http://ingress:8080')] }),
  },
  urlCase('publicUrl has a parameter too many', ['url-query-added'], {
    configured: `${base}?tenant=a&utm=1`,
    signed: `${base}?tenant=a`,
    query: 'tenant=a&utm=1',
  }),
  urlCase('publicUrl lacks the query, to which a proxy added a parameter', ['url-query-missing'], {
    configured: base,
    signed: `${base}?tenant=a`,
    query: 'tenant=a&utm=1',
  }),
  urlCase('publicUrl holds a password, and the wrong scheme', ['url-scheme'], {
    configured: `http://user:${password}@hooks.example.com/bird`,
    signed: `https://user:${password}@hooks.example.com/bird`,
    query: '',
  }),
  urlCase('publicUrl holds a password, and the wrong port', ['url-port'], {
    configured: `https://user:${password}@hooks.example.com:8443/bird`,
    signed: `https://user:${password}@hooks.example.com/bird`,
    query: '',
  }),
  {
    ...urlCase('the URL is of another source, and holds a password', ['other-source'], {
      signed: `https://user:${password}@hooks.example.com/other`,
    }),
    others: [
      sourceOf({ name: 'other', publicUrls: [`https://user:${password}@hooks.example.com/other`], signingKeys: [] }),
    ],
  },
  bodyCase(
    'blanks changed, and escapes stayed as they were',
    ['body-reserialised'],
    '{"a":"\\u00e9 \\/ é"}',
    '{ "a": "\\u00e9 \\/ é" }',
  ),
  bodyCase('a name comes twice', ['body-reserialised'], '{"b":1,"b":{"c":[]}}', '{ "b": 1, "b": { "c": [ ] } }'),
  bodyCase('names are numbers', ['body-reserialised'], '{"b":1,"10":2,"9":3}', '{ "b": 1, "10": 2, "9": 3 }'),
  {
    ...bodyCase('its end is missing, and no length was sent', ['body-truncated'], text, BODY.subarray(0, 50)),
    quickWord: 'unknown',
  },
  keyCase('the stored key is base64 of the key', secrets.other, Buffer.from(secrets.other).toString('base64')),
  keyCase(
    'the stored key is base64 of the key and a newline',
    secrets.other,
    Buffer.from(`${secrets.other}\n`).toString('base64'),
  ),
  {
    ...keyCase(
      'the key at Bird is base64 of the stored key',
      Buffer.from(secrets.other).toString('base64'),
      secrets.other,
    ),
    quickWord: 'unknown',
  },
  {
    ...keyCase('the key at Bird is hex of the stored key', Buffer.from(secrets.other).toString('hex'), secrets.other),
    quickWord: 'unknown',
  },
  {
    name: 'something added a parameter to a callback',
    words: ['url-query-added'],
    webhook: {
      rawBody: empty,
      query: 'id=7&recipient=31612345678&utm=1',
      headers: {
        ...signMessagebirdQuery({
          key: secrets.crm,
          timestamp: String(SECONDS),
          query: 'id=7&recipient=31612345678',
          rawBody: empty,
        }),
      },
    },
    source: sourceOf({ scheme: 'messagebird-query', publicUrls: [] }),
  },
]
