import { gzipSync } from 'node:zlib'
import {
  BODY,
  bodyCase,
  type DoctorCase,
  PUBLIC_URL,
  secrets,
  signedCrm,
  sourceOf,
  urlCase,
  value,
} from './diagnose.fixture.ts'
import { digest, handSigned, headerCases, schemeCases, signature } from './diagnose-crm-header-cases.fixture.ts'

const base = 'https://hooks.example.com/bird'
const compact = JSON.stringify(value)
const python = compact.replace(/([,:])(?=["{[\dtn])/g, '$1 ').replace('https: //', 'https://')
const sorted = JSON.stringify({
  event: value.event,
  payload: { list: [], n: { a: true, b: null }, size: 1.5, text: value.payload.text, url: value.payload.url },
  service: value.service,
})
const text = BODY.toString()

const urlCases: readonly DoctorCase[] = [
  urlCase('publicUrl says http', ['url-scheme'], { configured: PUBLIC_URL.replace('https', 'http') }),
  urlCase('publicUrl has the inner host, and Host the outer one', ['url-host'], {
    configured: 'https://ingress.internal:8080/bird?tenant=a&zone=b',
  }),
  urlCase('publicUrl has the inner host, and X-Forwarded-Host the outer one', ['url-host'], {
    configured: 'https://ingress/bird?tenant=a&zone=b',
    headers: { host: 'ingress', 'x-forwarded-host': 'hooks.example.com' },
  }),
  urlCase('publicUrl has the inner host, and Forwarded the outer one', ['url-host'], {
    configured: 'https://ingress/bird?tenant=a&zone=b',
    headers: { host: 'ingress', forwarded: 'for=1.2.3.4;host="hooks.example.com";proto=https' },
  }),
  urlCase('publicUrl writes the default port', ['url-port'], { configured: PUBLIC_URL.replace('.com', '.com:443') }),
  urlCase('publicUrl lacks the port', ['url-port'], {
    signed: PUBLIC_URL.replace('.com', '.com:8443'),
    headers: { host: 'hooks.example.com:8443' },
  }),
  urlCase('publicUrl lacks the port, and no header names it', ['url-port'], {
    signed: PUBLIC_URL.replace('.com', '.com:8080'),
  }),
  urlCase('publicUrl has the host in lower case, as Host has', ['url-encoding'], {
    signed: PUBLIC_URL.replace('hooks', 'Hooks'),
  }),
  urlCase('each part of the host began with a capital', ['url-encoding'], {
    signed: PUBLIC_URL.replace('hooks.example.com', 'Hooks.Example.Com'),
  }),
  urlCase('publicUrl has one slash where two are registered', ['url-path'], {
    signed: PUBLIC_URL.replace('/bird', '//bird'),
  }),
  urlCase('publicUrl has a slash too many in the path', ['url-path'], {
    configured: PUBLIC_URL.replace('/bird', '//bird'),
  }),
  urlCase('publicUrl has one slash where two are registered, further on', ['url-path'], {
    configured: `${base}/in?a=1`,
    signed: `${base}//in?a=1`,
    query: 'a=1',
  }),
  urlCase('the registered host ends with a dot', ['url-encoding'], { signed: PUBLIC_URL.replace('.com', '.com.') }),
  urlCase('the registered host is in capitals', ['url-encoding'], {
    signed: PUBLIC_URL.replace('hooks.example.com', 'HOOKS.EXAMPLE.COM'),
  }),
  urlCase('the registered URL ends with a question mark', ['url-encoding'], {
    configured: base,
    signed: `${base}?`,
    query: '',
  }),
  urlCase('publicUrl ends with a question mark', ['url-encoding'], { configured: `${base}?`, signed: base, query: '' }),
  bodyCase('nothing is left of the body', ['body-missing'], text, '', { 'content-length': '0' }),
  urlCase('publicUrl lacks the slash at the end', ['url-trailing-slash'], {
    configured: base,
    signed: `${base}/`,
    query: '',
  }),
  urlCase('publicUrl has a slash too many', ['url-trailing-slash'], { configured: `${base}/?tenant=a&zone=b` }),
  urlCase('publicUrl has another path than the request', ['url-path'], {
    configured: PUBLIC_URL.replace('/bird', '/hook'),
    path: '/bird',
  }),
  urlCase('publicUrl has the path that a proxy made', ['url-path'], {
    configured: PUBLIC_URL.replace('/bird', '/inner'),
    path: '/inner',
    headers: { 'x-original-uri': '/bird?tenant=a&zone=b' },
  }),
  urlCase('publicUrl lacks the query', ['url-query-missing'], { configured: base }),
  urlCase('publicUrl lacks one parameter', ['url-query-missing'], { configured: `${base}?tenant=a` }),
  urlCase('publicUrl has a query that is not registered', ['url-query-added'], { signed: base, query: '' }),
  urlCase('publicUrl has the query sorted', ['url-query-sorted'], { signed: `${base}?zone=b&tenant=a` }),
  urlCase('publicUrl has another value', ['url-query-changed'], { configured: `${base}?tenant=z&zone=b` }),
  urlCase('percent codes are in the other case', ['url-encoding'], {
    configured: `${base}?to=a%2fb`,
    signed: `${base}?to=a%2Fb`,
  }),
  urlCase('a blank is %20 and not +', ['url-encoding'], { configured: `${base}?to=a+b`, signed: `${base}?to=a%20b` }),
  urlCase('the host has capitals', ['url-encoding'], { configured: PUBLIC_URL.replace('hooks', 'Hooks') }),
  urlCase('the host is written in Unicode', ['url-encoding'], {
    configured: 'https://bücher.example/bird',
    signed: 'https://xn--bcher-kva.example/bird',
    headers: { host: 'xn--bcher-kva.example' },
    query: '',
  }),
  urlCase('publicUrl says http and lacks the slash', ['url-scheme', 'url-trailing-slash'], {
    configured: 'http://hooks.example.com/bird',
    signed: `${base}/`,
    query: '',
  }),
  urlCase('publicUrl is all of another hop', ['url-scheme', 'url-host', 'url-path', 'url-query-missing'], {
    configured: 'http://ingress.internal:8080/inner',
    path: '/inner',
    headers: { host: 'ingress.internal:8080', 'x-forwarded-host': 'hooks.example.com', 'x-original-uri': '/bird' },
  }),
  urlCase('publicUrl is what the socket knows', ['url-scheme', 'url-host'], {
    configured: 'http://ingress.internal:8080/bird?tenant=a&zone=b',
  }),
]

const bodyCases: readonly DoctorCase[] = [
  bodyCase('it was indented', ['body-reserialised'], compact, JSON.stringify(value, null, 2)),
  bodyCase('it was made compact', ['body-reserialised'], JSON.stringify(value, null, 2), compact),
  {
    ...bodyCase('it was indented by tabs before', ['body-reserialised'], JSON.stringify(value, null, '\t'), compact),
    quickWord: 'unknown',
  },
  bodyCase('it was written by Python', ['body-reserialised'], text, python.replace('1.5', '1.50')),
  bodyCase('it was written by Python before', ['body-reserialised'], python, compact),
  bodyCase('slashes were escaped', ['body-reserialised'], compact, compact.replaceAll('/', '\\/')),
  bodyCase('letters were escaped', ['body-reserialised'], compact, compact.replaceAll('á', '\\u00e1')),
  bodyCase('letters had been escaped', ['body-reserialised'], compact.replaceAll('á', '\\u00e1'), compact),
  bodyCase(
    '< and > had been escaped by Go',
    ['body-reserialised'],
    compact.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'),
    compact,
  ),
  bodyCase(
    'its keys were sorted by a gateway',
    ['body-reserialised'],
    JSON.stringify({ service: 's', event: 'e', payload: {} }),
    '{"event":"e","payload":{},"service":"s"}',
  ),
  bodyCase('its keys had been sorted', ['body-reserialised'], sorted, compact),
  bodyCase('it was wrapped into a string', ['body-reserialised'], text, JSON.stringify(text)),
  bodyCase('a newline was added', ['body-newline'], text, `${text}\n`),
  bodyCase('a newline was taken away', ['body-newline'], `${text}\n`, text),
  bodyCase('LF became CR LF', ['body-newline'], '{\n"a": "1",\n"b":\n\n2}', '{\r\n"a": "1",\r\n"b":\r\n\r\n2}'),
  bodyCase('a byte order mark was added', ['body-bom'], text, `\ufeff${text}`),
  bodyCase('a byte order mark was taken away', ['body-bom'], `\ufeff${text}`, text),
  bodyCase('it was read as Latin-1 and written as UTF-8', ['body-encoding'], text, BODY.toString('latin1')),
  bodyCase(
    'it was read as Windows-1252',
    ['body-encoding'],
    '{"a":"“€”"}',
    new TextDecoder('windows-1252').decode(Buffer.from('{"a":"“€”"}')),
  ),
  bodyCase('it was written as Latin-1', ['body-encoding'], text, Buffer.from(text, 'latin1')),
  bodyCase('it was written as UTF-16', ['body-encoding'], text, Buffer.from(text, 'utf16le')),
  bodyCase('it was normalised', ['body-encoding'], text.normalize('NFD'), text),
  bodyCase('it was encoded as base64', ['body-encoding'], text, BODY.toString('base64')),
  bodyCase('it was compressed', ['body-encoding'], text, gzipSync(BODY)),
  bodyCase('its end is missing', ['body-truncated'], text, BODY.subarray(0, 40), {
    'content-length': String(BODY.length),
  }),
  bodyCase('all of it is missing', ['body-truncated'], text, '', { 'content-length': String(BODY.length) }),
  bodyCase('bytes were added', ['body-added'], text, `${text} and more`, { 'content-length': String(BODY.length) }),
  bodyCase('a body was added', ['body-added'], '', text),
  bodyCase('one letter differs', ['unknown'], text, text.replace('channels', 'channelz')),
  bodyCase(
    'it was indented, and a newline added',
    ['body-reserialised'],
    compact,
    `${JSON.stringify(value, null, 2)}\n`,
  ),
]

const signedBy = (
  name: string,
  words: DoctorCase['words'],
  key: string | Buffer,
  secret: string = secrets.crm,
): DoctorCase => ({
  name,
  words,
  webhook: signature(handSigned(digest.copy().digest(), key).toString('base64')),
  source: sourceOf({ signingKeys: [{ id: 'k', secret }] }),
})
const other = sourceOf({
  name: 'other',
  publicUrls: ['https://hooks.example.com/other'],
  signingKeys: [{ id: 'o1', secret: secrets.other }],
})

const keyCases: readonly DoctorCase[] = [
  signedBy('the key was decoded from base64', ['key-decoded'], Buffer.from(secrets.crm, 'base64')),
  signedBy('the key was decoded from hex', ['key-decoded'], Buffer.from(secrets.hex, 'hex'), secrets.hex),
  signedBy('the stored key ends with a newline', ['key-whitespace'], secrets.crm, `${secrets.crm}\n`),
  signedBy('the stored key is in quotes', ['key-whitespace'], secrets.crm, `"${secrets.crm}"`),
  signedBy('the key at Bird ends with a blank', ['key-whitespace'], `${secrets.crm} `),
  signedBy('the stored key has whsec_ in front', ['key-prefix'], secrets.prefixed.slice(6), secrets.prefixed),
  signedBy('the stored key lacks its whsec_', ['key-prefix'], secrets.prefixed, secrets.prefixed.slice(6)),
  signedBy('the key is empty', ['key-empty'], ''),
  signedBy('nobody knows the key', ['unknown'], 'a key that is nowhere'),
  { ...signedBy('the key is of another source', ['other-source'], secrets.other), others: [other] },
  {
    name: 'the webhook is of another source',
    words: ['other-source'],
    webhook: signedCrm({ key: secrets.other, url: other.publicUrls[0] ?? '' }),
    source: sourceOf(),
    others: [other],
  },
  {
    name: 'the URL is of another source',
    words: ['other-source'],
    webhook: signedCrm({ url: other.publicUrls[0] ?? '' }),
    source: sourceOf(),
    others: [other],
  },
]

/** Cases under bird-crm. */
export const crmCases: readonly DoctorCase[] = [...urlCases, ...bodyCases, ...keyCases, ...headerCases, ...schemeCases]
