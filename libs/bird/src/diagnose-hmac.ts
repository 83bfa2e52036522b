import { createHmac, timingSafeEqual } from 'node:crypto'
import type { BodyForm } from './diagnose-body.ts'
import {
  type DoctorSource,
  type DoctorWebhook,
  distinct,
  type Effort,
  expected,
  type Finding,
  finding,
  type Variant,
} from './diagnose-finding.ts'
import { foreignKeys, type KeyForm, keyVariants } from './diagnose-key.ts'
import { type Axes, type Budget, type SearchInput, searchVariants } from './diagnose-search.ts'
import { ageFindings, idVariants, signatureVariants, timeVariants } from './diagnose-signature.ts'
import { hostsOf, showUrl, urlVariants } from './diagnose-url.ts'
import { dropOne } from './diagnose-url-query.ts'
import { sortQuery, toCanonicalQuery } from './sign-messagebird-query.ts'

/** What one diagnosis works with. */
export interface DiagnoseInput {
  /** The other sources; the webhook may be one of theirs. */
  readonly others: readonly DoctorSource[]
  readonly nowMs: number
  readonly effort: Effort
  readonly budget: Budget
  /** Forms of the webhook's body, the same for every source: made once, when they are first wanted. */
  readonly bodies: () => readonly Variant<BodyForm>[]
}

/** What explains a refused webhook. */
export interface Explanation {
  readonly findings: readonly Finding[]
  readonly keyId: string
}

/** How the body enters what is signed. */
type HashForm = 'raw' | 'hex' | 'base64' | 'upper-hex' | 'body'

interface Signed {
  readonly key: KeyForm
  readonly time: string
  /** URL, query or id. */
  readonly target: string
  readonly body: BodyForm
  readonly form: HashForm
}

/** An HMAC over a body counts once for each such piece of it, bytes. */
const PIECE_BYTES = 65_536
/** Scheme, authority, path and query. */
const MAX_URL_FINDINGS = 4

/**
 * Finds out what was signed, for the three schemes that sign with one HMAC. Null when nothing that is tried fits.
 *
 * The source's own forms come first, so that other sources, be they many, take nothing from them; then its neighbours; then
 * URLs of which several parts differ; then pairs, in which a URL counts as one deviation.
 *
 * @param findOwner looks for a source that accepts the webhook as it is
 */
export function explainHmac(
  webhook: DoctorWebhook,
  source: DoctorSource,
  input: DiagnoseInput,
  findOwner: () => Explanation | null,
): Explanation | null {
  const claimed = signatureVariants(webhook, source.scheme)
  if (claimed.length === 0) return null
  const own: Axes<Signed> = {
    key: keyVariants(source, input.effort),
    time: timeVariants(webhook, source.scheme),
    target: targetVariants(webhook, source, 1),
    body: input.bodies(),
    form: formVariants(source),
  }
  const tryThese = (axes: Axes<Signed>, deviations: SearchInput<Signed>['deviations'], share = 1) =>
    toExplanation(
      searchVariants(axes, {
        deviations,
        budget: input.budget.part(share),
        costOf: ({ body, form }) => 1 + (form === 'body' ? piecesOf(body.bytes) : 0),
        match: (signed) => holdsFor(claimed, digestOf(signed, source)),
      }),
      { source, nowMs: input.nowMs },
    )
  const single = tryThese(own, [0, 1], 3 / 4) ?? findOwner()
  if (single !== null) return single
  const asExpected: Axes<Signed> = {
    key: own.key.filter(isExpected),
    time: own.time.filter(isExpected),
    target: own.target.filter(isExpected),
    body: own.body.filter(isExpected),
    form: own.form.filter(isExpected),
  }
  const neighbours = foreignKeys(source.scheme, input.others)
  const theirTargets = foreignTargets(source, input.others)
  const key = [...asExpected.key, ...neighbours]
  const foreign = tryThese({ ...asExpected, key, target: [...asExpected.target, ...theirTargets] }, [1, 1], 1 / 2)
  if (foreign !== null || input.effort === 'quick') return foreign
  const urls = targetVariants(webhook, source, MAX_URL_FINDINGS)
  const asOne = urls.map((url) => (url.findings.length === 2 ? { ...url, weight: 1 } : url))
  const pairs = { ...own, key: [...own.key, ...neighbours], target: [...asOne, ...theirTargets] }
  return tryThese({ ...asExpected, target: urls }, [2, MAX_URL_FINDINGS], 1 / 2) ?? tryThese(pairs, [2, 2])
}

/** What the body counts as, besides the HMAC itself. */
export function piecesOf(body: Buffer): number {
  return Math.floor(body.length / PIECE_BYTES)
}

function digestOf({ key, time, target, body, form }: Signed, { scheme }: DoctorSource): Buffer {
  const head = scheme === 'standard-webhooks' ? `${target}.${time}.` : `${time}\n${target}\n`
  return createHmac('sha256', key.bytes).update(head).update(contentOf(body, form)).digest()
}

function holdsFor(claimed: readonly Variant<Buffer>[], digest: Buffer): readonly Finding[] | null {
  return claimed.find(({ value }) => timingSafeEqual(value, digest))?.findings ?? null
}

function toExplanation(
  found: Variant<Signed> | null,
  { source, nowMs }: { readonly source: DoctorSource; readonly nowMs: number },
): Explanation | null {
  if (found === null) return null
  const findings = [...found.findings, ...ageFindings(found.value.time, source, nowMs)]
  return { findings: distinctWords(findings), keyId: found.value.key.keyId }
}

function isExpected({ findings }: Variant<unknown>): boolean {
  return findings.length === 0
}

/** What may stand where the scheme signs URL, query or id. */
function targetVariants(
  webhook: DoctorWebhook,
  source: DoctorSource,
  maxUrlFindings: number,
): readonly Variant<string>[] {
  if (source.scheme === 'standard-webhooks') return idVariants(webhook)
  const targets =
    source.scheme === 'bird-crm' ? urlTargets(webhook, source, maxUrlFindings) : queryTargets(webhook, source)
  return distinct(targets, (target) => target)
}

function urlTargets(
  webhook: DoctorWebhook,
  { publicUrls }: DoctorSource,
  maxFindings: number,
): readonly Variant<string>[] {
  const legacy = finding('other-scheme', 'Bird signed the sorted query, not a URL: the scheme is messagebird-query')
  const queries = [sortQuery(webhook.query), toCanonicalQuery(webhook.query)]
  return [
    // First: of a URL there are many forms, and the ingress tries no more than a hundred.
    ...queries.map((query) => ({ value: query, findings: [legacy] })),
    ...publicUrls.flatMap((url) => urlVariants(webhook, url, { maxFindings })),
  ]
}

/** URLs of other sources, where a URL is signed. */
function foreignTargets({ scheme }: DoctorSource, others: readonly DoctorSource[]): readonly Variant<string>[] {
  if (scheme !== 'bird-crm') return []
  return others.flatMap(({ name, publicUrls }) =>
    publicUrls.map((url) => {
      const detail = `signed for ${showUrl(url)}, which is a publicUrl of source ${name}: the webhook goes to the wrong path`
      return { value: url, findings: [finding('other-source', detail)] }
    }),
  )
}

function queryTargets(webhook: DoctorWebhook, source: DoctorSource): readonly Variant<string>[] {
  const { query, path } = webhook
  const crm = finding('other-scheme', 'Bird signed a URL, not the sorted query: the scheme is bird-crm')
  const rebuilt = path === undefined ? [] : hostsOf(webhook).map((host) => `https://${host}${path}`)
  const urls = [...source.publicUrls, ...rebuilt].flatMap((url) => (query === '' ? [url] : [url, `${url}?${query}`]))
  const unsorted = finding('url-query-sorted', 'the query was signed unsorted; MessageBird sorts it by name')
  const marked = finding('url-encoding', 'the query was signed with its question mark')
  const added = finding('url-query-added', 'signed without a query: something on the way added it')
  const oneMore = finding('url-query-added', 'signed with one parameter less: something on the way added it')
  return [
    expected(sortQuery(query)),
    expected(toCanonicalQuery(query)),
    { value: query, findings: [unsorted] },
    { value: '', findings: [added] },
    ...dropOne(sortQuery(query)).map((text) => ({ value: text, findings: [oneMore] })),
    { value: `?${sortQuery(query)}`, findings: [marked] },
    ...urls.map((url) => ({ value: url, findings: [crm] })),
  ]
}

function formVariants({ scheme }: DoctorSource): readonly Variant<HashForm>[] {
  const other = (value: HashForm, said: string) => ({
    value,
    findings: [
      finding(
        'hash-form',
        `signed over ${said}; ${scheme} takes ${right}: the sender is not Bird, or computes it wrongly`,
      ),
    ],
  })
  const right = scheme === 'standard-webhooks' ? 'the body itself' : "the 32 raw bytes of the body's SHA-256"
  const hashes = [
    other('hex', "the hex text of the body's SHA-256"),
    other('base64', "the base64 text of the body's SHA-256"),
  ]
  const capitals = other('upper-hex', "the body's SHA-256 in hex capitals")
  return scheme === 'standard-webhooks'
    ? [expected('body'), ...hashes, other('raw', "the raw bytes of the body's SHA-256"), capitals]
    : [expected('raw'), ...hashes, other('body', 'the body itself'), capitals]
}

/** What stands for a body. */
function contentOf({ bytes, sha256 }: BodyForm, form: HashForm): Buffer | string {
  if (form === 'body') return bytes
  if (form === 'raw') return sha256
  const text = sha256.toString(form === 'base64' ? 'base64' : 'hex')
  return form === 'upper-hex' ? text.toUpperCase() : text
}

/** A word once: two headers of a pair may have come twice each. */
export function distinctWords(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ what }, at) => findings.findIndex((other) => other.what === what) === at)
}
