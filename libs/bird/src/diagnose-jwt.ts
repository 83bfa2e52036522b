import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { truncatedFinding } from './diagnose-body.ts'
import { type DoctorSource, type DoctorWebhook, type Finding, finding, type Variant } from './diagnose-finding.ts'
import type { DiagnoseInput, Explanation } from './diagnose-hmac.ts'
import { foreignKeys, type KeyForm, keyVariants } from './diagnose-key.ts'
import { searchVariants } from './diagnose-search.ts'
import { doubledFinding, sayDuration, schemeHeaders } from './diagnose-signature.ts'
import { urlVariants } from './diagnose-url.ts'
import { isJsonObject, type JsonObject, readNumber, readText } from './read-field.ts'
import { jwtHashes } from './sign-messagebird-jwt.ts'

const MAX_TOKEN_LENGTH = 4096
const TOLERANCE_MS = 5_000
/** The year 5138 in seconds: beyond it they are something smaller. */
const MAX_SECONDS = 100_000_000_000
const [HEADER] = schemeHeaders['messagebird-jwt']

interface Token {
  readonly signed: string
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly signature: Buffer
}

/** Finds out which key signed a token, and which of its claims differ. Null when no key that is tried signed it. */
export function explainJwt(webhook: DoctorWebhook, source: DoctorSource, input: DiagnoseInput): Explanation | null {
  for (const { value: token, findings } of tokenVariants(webhook.headers[HEADER] ?? '')) {
    const algorithm = jwtHashes.get(token.header.alg)
    if (algorithm === undefined) {
      const detail = 'the token names an algorithm that is no HMAC-SHA2: MessageBird uses HS256. It proves nothing'
      return { findings: [...findings, finding('algorithm-refused', detail)], keyId: '' }
    }
    const found = searchVariants<{ readonly key: KeyForm }>(
      { key: [...keyVariants(source, input.effort), ...foreignKeys(source.scheme, input.others)] },
      {
        deviations: [0, 1],
        budget: input.budget,
        match({ key }) {
          const digest = createHmac(algorithm, key.bytes).update(token.signed).digest()
          return digest.length === token.signature.length && timingSafeEqual(digest, token.signature) ? [] : null
        },
      },
    )
    if (found === null) continue
    const claims = claimFindings(token, webhook, source, input)
    return { findings: [...findings, ...found.findings, ...claims], keyId: found.value.key.keyId }
  }
  return null
}

/** What a token says of a request when no key that is tried signed it: a hint, since anybody may have written it. */
export function hintAtClaims(webhook: DoctorWebhook, source: DoctorSource, input: DiagnoseInput): string {
  const [token] = tokenVariants(webhook.headers[HEADER] ?? '')
  if (token === undefined) return ''
  const { claims } = token.value
  const differing = [...urlFindings(claims, webhook, source, input), ...bodyFindings(claims, webhook, input)]
  return differing.length === 0
    ? 'the token names this URL and this body, so only the key seems wrong (rotated, or of another subscription). '
    : `what the token says of URL or body differs too (${differing.map(({ what }) => what).join(', ')}; not proven). `
}

/** Every claim that differs; all of them, since a token says each by itself. */
function claimFindings(
  { header, claims }: Token,
  webhook: DoctorWebhook,
  source: DoctorSource,
  input: DiagnoseInput,
): readonly Finding[] {
  const extension =
    header.crit === undefined ? [] : [finding('header-malformed', 'the token names extensions (crit): we know none')]
  const issuer =
    claims.iss === 'MessageBird' ? [] : [finding('wrong-issuer', 'the token says another iss than MessageBird')]
  return [
    ...extension,
    ...issuer,
    ...timeFindings(claims, input.nowMs),
    ...urlFindings(claims, webhook, source, input),
    ...bodyFindings(claims, webhook, input),
  ]
}

function timeFindings(claims: JsonObject, nowMs: number): readonly Finding[] {
  const from = readNumber(claims.nbf === undefined ? claims.iat : claims.nbf)
  const until = readNumber(claims.exp)
  const missing = [from === null ? 'nbf' : '', until === null ? 'exp' : '', readText(claims.jti) === null ? 'jti' : '']
    .filter((name) => name !== '')
    .join(', ')
  if (from === null || until === null || missing !== '')
    return [finding('claims-malformed', `the token lacks ${missing}, or it has the wrong type`)]
  if (from > MAX_SECONDS) {
    return [finding('timestamp-unit', 'nbf and exp are in milliseconds or smaller units; a token has Unix seconds')]
  }
  if (nowMs >= until * 1000 + TOLERANCE_MS) {
    const detail = `the token expired ${sayDuration(nowMs - until * 1000)} before the clock. It lives 60 s, so a late retry is refused; for a capture, judge it at its own time`
    return [finding('too-old', detail)]
  }
  if (nowMs < from * 1000 - TOLERANCE_MS) {
    return [
      finding(
        'in-the-future',
        `the token begins ${sayDuration(from * 1000 - nowMs)} after the clock. Check this machine's clock`,
      ),
    ]
  }
  return []
}

function urlFindings(
  claims: JsonObject,
  webhook: DoctorWebhook,
  { publicUrls }: DoctorSource,
  { effort }: DiagnoseInput,
): readonly Finding[] {
  const wanted = lower(claims.url_hash)
  const variants = publicUrls.flatMap((url) =>
    urlVariants(webhook, url, { maxFindings: effort === 'quick' ? 2 : 4 }).map((variant) =>
      continues(url, webhook.query) && variant.value.endsWith(`?${webhook.query}`) ? withoutQuery(variant) : variant,
    ),
  )
  const signed = variants.toSorted(byFindings).find(({ value }) => hash('sha256', value, 'hex') === wanted)
  const hint = 'url_hash is of no URL that was tried: look up at MessageBird which URL is registered'
  return signed?.findings ?? [finding('url-changed', hint)]
}

function bodyFindings(claims: JsonObject, webhook: DoctorWebhook, { bodies }: DiagnoseInput): readonly Finding[] {
  const wanted = lower(claims.payload_hash)
  if (webhook.rawBody.length === 0) {
    return wanted === undefined
      ? []
      : [finding('body-missing', 'signed with a body, and there is none: something on the way dropped it')]
  }
  if (wanted === undefined) return [finding('body-added', 'signed without a body: something on the way added one')]
  const signed = bodies()
    .toSorted(byFindings)
    .find(({ value }) => value.sha256.toString('hex') === wanted)
  return (
    signed?.findings ?? [
      truncatedFinding(webhook) ?? finding('body-changed', 'payload_hash is of no form of this body that was tried'),
    ]
  )
}

/** Under this scheme the request's query may continue the registered URL: no difference. */
function continues(url: string, query: string): boolean {
  const [, registered = ''] = url.split('?', 2)
  return query !== '' && (registered === '' || query.startsWith(`${registered}&`))
}

function withoutQuery({ value, findings }: Variant<string>): Variant<string> {
  return { value, findings: findings.filter(({ what }) => what !== 'url-query-missing') }
}

function byFindings(a: Variant<unknown>, b: Variant<unknown>): number {
  return a.findings.length - b.findings.length
}

function tokenVariants(text: string): readonly Variant<Token>[] {
  if (text.length > MAX_TOKEN_LENGTH) return []
  const copies = text.split(', ')
  const doubled = copies.length > 1 ? [doubledFinding(HEADER, copies.length)] : []
  return copies.slice(0, 3).flatMap((copy) => {
    const bare = copy
      .trim()
      .replace(/^bearer /i, '')
      .replace(/^(["'])(.*)\1$/, '$2')
      .replaceAll('=', '')
    const spelt =
      bare === copy ? [] : [finding('signature-encoding', 'the token has blanks, quotes, padding or a prefix')]
    const token = readToken(bare)
    return token === null ? [] : [{ value: token, findings: [...doubled, ...spelt] }]
  })
}

function readToken(text: string): Token | null {
  const [head = '', claims = '', tail = '', ...rest] = text.split('.')
  const [header, body] = [readJson(head), readJson(claims)]
  if (header === null || body === null || rest.length > 0) return null
  return { signed: `${head}.${claims}`, header, claims: body, signature: Buffer.from(tail, 'base64url') }
}

function readJson(part: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}
