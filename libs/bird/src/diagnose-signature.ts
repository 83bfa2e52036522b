import { type DoctorWebhook, distinct, expected, type Finding, finding, type Variant } from './diagnose-finding.ts'
import { readSha256Base64 } from './signature-checks.ts'
import type { SchemeName } from './signature-scheme.ts'

/** The headers that each scheme needs, its signature first. */
export const schemeHeaders: { readonly [N in SchemeName]: readonly [string, ...string[]] } = {
  'bird-crm': ['messagebird-signature', 'messagebird-request-timestamp'],
  'messagebird-query': ['messagebird-signature', 'messagebird-request-timestamp'],
  'messagebird-jwt': ['messagebird-signature-jwt'],
  'standard-webhooks': ['webhook-signature', 'webhook-timestamp', 'webhook-id'],
}

/** Most signatures of one header that are looked at. */
const MAX_SIGNATURES = 20
const MAX_DIGITS = 17
/** Unix times of more than 11 digits are milliseconds. */
const MAX_SECONDS = 99_999_999_999

/** The 32 bytes of each signature that a header may hold, and how it is written otherwise than its scheme says. */
export function signatureVariants(webhook: DoctorWebhook, scheme: SchemeName): readonly Variant<Buffer>[] {
  const [name] = schemeHeaders[scheme]
  const text = webhook.headers[name] ?? ''
  const copies = text.split(', ').slice(0, MAX_SIGNATURES)
  const doubled = copies.length > 1 ? [doubledFinding(name, copies.length)] : []
  return copies
    .flatMap((copy) => (scheme === 'standard-webhooks' ? copy.split(' ').slice(0, MAX_SIGNATURES) : [copy]))
    .slice(0, MAX_SIGNATURES)
    .flatMap((entry) => (scheme === 'standard-webhooks' ? readVersioned(entry) : readSignature(entry)))
    .map(({ value, findings }) => ({ value, findings: [...doubled, ...findings] }))
}

/** `v1,base64`; other versions are skipped, as the scheme says. */
function readVersioned(entry: string): readonly Variant<Buffer>[] {
  const [, version, rest = entry] = /^(v\d+[a-z]?)[,=](.*)$/.exec(entry) ?? []
  if (version !== undefined && version !== 'v1') return []
  const isWritten = entry.startsWith('v1,')
  return readSignature(rest).map(({ value, findings }) => ({
    value,
    findings: isWritten ? findings : [finding('signature-encoding', 'the signature is not written v1,base64')],
  }))
}

function readSignature(text: string): readonly Variant<Buffer>[] {
  const strict = readSha256Base64(text)
  if (strict !== null) return [expected(strict)]
  const otherwise = (said: string, bytes: Buffer) => [
    { value: bytes, findings: [finding('signature-encoding', `the signature is ${said}; Bird writes padded base64`)] },
  ]
  const bare = text
    .trim()
    .replace(/^(sha256=|v1[,=])/i, '')
    .replace(/^(["'])(.*)\1$/, '$2')
  if (/^[0-9a-f]{64}$/i.test(bare)) return otherwise('in hex', Buffer.from(bare, 'hex'))
  const unescaped = bare.replace(/%2b|%2f|%3d/gi, (code) => decodeURIComponent(code)).replaceAll(' ', '+')
  const bytes = /^[A-Za-z0-9+/_-]{43}=?$/.test(unescaped) ? Buffer.from(unescaped, 'base64') : Buffer.alloc(0)
  if (bytes.length !== 32) return []
  if (unescaped !== bare) return otherwise('written for a URL (+ as a blank, or % codes)', bytes)
  if (bare !== text) return otherwise('in quotes, with blanks, or with a prefix', bytes)
  return otherwise(/[_-]/.test(bare) ? 'in base64url' : 'without its padding, or with stray bits', bytes)
}

/** The texts that may have been signed as the time. */
export function timeVariants(webhook: DoctorWebhook, scheme: SchemeName): readonly Variant<string>[] {
  const name = schemeHeaders[scheme][1] ?? ''
  const text = webhook.headers[name] ?? ''
  const copies = text.split(', ')
  if (copies.length === 1) return readTime(text, name)
  const doubled = doubledFinding(name, copies.length)
  const first = copies.slice(0, 3).flatMap((copy) => readTime(copy, name))
  return first.map(({ value, findings }) => ({ value, findings: [doubled, ...findings] }))
}

function readTime(text: string, name: string): readonly Variant<string>[] {
  const unit = (value: string, said: string) => ({ value, findings: [finding('timestamp-unit', `${name} ${said}`)] })
  if (/^\d{1,11}$/.test(text))
    return [expected(text), unit(`${text}000`, 'is in seconds, but milliseconds were signed')]
  if (/^\d+$/.test(text) && text.length <= MAX_DIGITS) {
    const seconds = String(Math.floor(Number(text) / 1000))
    return [
      unit(text, 'is in milliseconds, as it was signed; Bird sends Unix seconds'),
      unit(seconds, 'is in milliseconds, but seconds were signed; Bird sends Unix seconds'),
    ]
  }
  const malformed = { value: text, findings: [finding('header-malformed', `${name} is no Unix seconds in digits`)] }
  const parsedMs = Date.parse(text)
  if (Number.isNaN(parsedMs)) return [malformed, { ...malformed, value: text.trim() }]
  return [unit(String(Math.floor(parsedMs / 1000)), 'is a date, but Unix seconds were signed'), malformed]
}

/** The ids that may have been signed under `standard-webhooks`. */
export function idVariants({ headers }: DoctorWebhook): readonly Variant<string>[] {
  const text = headers['webhook-id'] ?? ''
  const copies = text.split(', ')
  const [own, findings] = [copies.slice(0, 3), copies.length > 1 ? [doubledFinding('webhook-id', copies.length)] : []]
  const changed = (value: string | undefined, said: string) =>
    value === undefined
      ? []
      : [{ value, findings: [finding('id-changed', `webhook-id differs from the id that was signed: ${said}`)] }]
  const variants = [
    ...own.map((value) => ({ value, findings })),
    ...changed(text.trim(), 'it has blanks around it'),
    ...changed(text.replace(/^(["'])(.*)\1$/, '$2'), 'it is in quotes'),
    ...changed(headers['messagebird-request-id'], 'messagebird-request-id was signed'),
    ...changed('', 'none was signed'),
  ]
  return distinct(variants, (id) => id)
}

/** How far a signed time lies outside of what the source allows; nothing when it lies inside. */
export function ageFindings(
  time: string,
  source: { readonly maxAgeMs: number; readonly clockSkewMs: number },
  nowMs: number,
): readonly Finding[] {
  const number = Number(time)
  const signedAtMs = number > MAX_SECONDS ? number : number * 1000
  const ageMs = nowMs - signedAtMs
  if (ageMs > source.maxAgeMs + source.clockSkewMs) {
    const limit = `${sayDuration(source.maxAgeMs)} and ${sayDuration(source.clockSkewMs)} of skew are allowed`
    return [
      finding(
        'too-old',
        `signed ${sayDuration(ageMs)} before the clock; ${limit}. For a capture, judge it at its own time`,
      ),
    ]
  }
  if (ageMs < -source.clockSkewMs) {
    const limit = `${sayDuration(source.clockSkewMs)} of skew are allowed`
    return [
      finding('in-the-future', `signed ${sayDuration(-ageMs)} after the clock; ${limit}. Check this machine's clock`),
    ]
  }
  return []
}

/** A duration for people, in its two largest units: `1 d 3 h`. */
export function sayDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const units = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3_600) % 24],
    ['min', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ] as const
  const from = units.findIndex(([, count]) => count > 0)
  const said = units.slice(from, from + 2).filter(([, count]) => count > 0)
  return from === -1 ? '0 s' : said.map(([unit, count]) => `${count} ${unit}`).join(' ')
}

export function doubledFinding(name: string, count: number): Finding {
  return finding('header-doubled', `${name} came ${count} times: something on the way adds one. Send Bird's alone`)
}
