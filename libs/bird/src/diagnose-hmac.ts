import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { bodyVariants } from './diagnose-body.ts'
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
import { type KeyForm, keyVariants } from './diagnose-key.ts'
import { type Axes, type Budget, type SearchInput, searchVariants } from './diagnose-search.ts'
import { ageFindings, idVariants, signatureVariants, timeVariants } from './diagnose-signature.ts'
import { hostsOf, urlVariants } from './diagnose-url.ts'
import { sortQuery, toCanonicalQuery } from './sign-messagebird-query.ts'

/** What one diagnosis works with. */
export interface DiagnoseInput {
  /** The other sources; the webhook may be one of theirs. */
  readonly others: readonly DoctorSource[]
  readonly nowMs: number
  readonly effort: Effort
  readonly budget: Budget
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
  readonly body: Buffer
  readonly form: HashForm
}

/** An HMAC over a body counts once for each such piece of it, bytes. */
const PIECE_BYTES = 65_536
/** Scheme, authority, path and query. */
const MAX_URL_FINDINGS = 4

/** Finds out what was signed, for the three schemes that sign with one HMAC. Null when nothing that is tried fits. */
export function explainHmac(webhook: DoctorWebhook, source: DoctorSource, input: DiagnoseInput): Explanation | null {
  const { scheme } = source
  const claimed = signatureVariants(webhook, scheme)
  if (claimed.length === 0) return null
  const separator = scheme === 'standard-webhooks' ? '.' : '\n'
  const contents = createContents()
  const maxFindings = input.effort === 'quick' ? 1 : 2
  const axes: Axes<Signed> = {
    key: keyVariants(source, input),
    time: timeVariants(webhook, scheme),
    target: targetVariants(webhook, source, { ...input, maxFindings }),
    body: bodyVariants(webhook, input.effort),
    form: formVariants(source),
  }
  const search: SearchInput<Signed> = {
    maxFindings,
    budget: input.budget,
    costOf: ({ body, form }) => 1 + (form === 'body' ? Math.floor(body.length / PIECE_BYTES) : 0),
    match({ key, time, target, body, form }) {
      const first = scheme === 'standard-webhooks' ? target : time
      const second = scheme === 'standard-webhooks' ? time : target
      const digest = createHmac('sha256', key.bytes)
        .update(`${first}${separator}${second}${separator}`)
        .update(contents(body, form))
        .digest()
      return claimed.find(({ value }) => timingSafeEqual(value, digest))?.findings ?? null
    },
  }
  const found =
    searchVariants(axes, search) ?? (input.effort === 'quick' ? null : searchWholeUrl(webhook, source, axes, search))
  if (found === null) return null
  const findings = [...found.findings, ...ageFindings(found.value.time, source, input.nowMs)]
  return { findings: distinctWords(findings), keyId: found.value.key.keyId }
}

/** A publicUrl that is all of another hop's: scheme, host, path and query differ, and nothing else does. */
function searchWholeUrl(
  webhook: DoctorWebhook,
  source: DoctorSource,
  axes: Axes<Signed>,
  search: SearchInput<Signed>,
): Variant<Signed> | null {
  if (source.scheme !== 'bird-crm') return null
  const target = source.publicUrls.flatMap((url) => urlVariants(webhook, url, { maxFindings: MAX_URL_FINDINGS }))
  const asExpected = {
    key: axes.key.filter(isExpected),
    time: axes.time.filter(isExpected),
    target: target.filter(({ findings }) => findings.length > search.maxFindings),
    body: axes.body.filter(isExpected),
    form: axes.form.filter(isExpected),
  }
  return searchVariants<Signed>(asExpected, { ...search, maxFindings: MAX_URL_FINDINGS })
}

function isExpected({ findings }: Variant<unknown>): boolean {
  return findings.length === 0
}

type TargetInput = DiagnoseInput & { readonly maxFindings: number }

/** What may stand where the scheme signs URL, query or id. */
function targetVariants(webhook: DoctorWebhook, source: DoctorSource, input: TargetInput): readonly Variant<string>[] {
  if (source.scheme === 'standard-webhooks') return idVariants(webhook)
  const targets = source.scheme === 'bird-crm' ? urlTargets(webhook, source, input) : queryTargets(webhook, source)
  return distinct(targets, (target) => target)
}

function urlTargets(
  webhook: DoctorWebhook,
  source: DoctorSource,
  { others, maxFindings }: TargetInput,
): readonly Variant<string>[] {
  const legacy = finding('other-scheme', 'Bird signed the sorted query, not a URL: the scheme is messagebird-query')
  const queries = [sortQuery(webhook.query), toCanonicalQuery(webhook.query)]
  return [
    ...source.publicUrls.flatMap((url) => urlVariants(webhook, url, { maxFindings })),
    ...others.flatMap(({ name, publicUrls }) =>
      publicUrls.map((url) => {
        const detail = `signed for ${url}, which is a publicUrl of source ${name}: the webhook goes to the wrong path`
        return { value: url, findings: [finding('other-source', detail)] }
      }),
    ),
    ...queries.map((query) => ({ value: query, findings: [legacy] })),
  ]
}

function queryTargets(webhook: DoctorWebhook, source: DoctorSource): readonly Variant<string>[] {
  const { query, path } = webhook
  const crm = finding('other-scheme', 'Bird signed a URL, not the sorted query: the scheme is bird-crm')
  const rebuilt = path === undefined ? [] : hostsOf(webhook).map((host) => `https://${host}${path}`)
  const urls = [...source.publicUrls, ...rebuilt].flatMap((url) => (query === '' ? [url] : [url, `${url}?${query}`]))
  const unsorted = finding('url-query-sorted', 'the query was signed unsorted; MessageBird sorts it by name')
  const marked = finding('url-encoding', 'the query was signed with its question mark')
  const added = finding('url-query-added', 'signed without a query: something on the way added it')
  return [
    expected(sortQuery(query)),
    expected(toCanonicalQuery(query)),
    { value: query, findings: [unsorted] },
    { value: '', findings: [added] },
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

/** The bytes that stand for a body; each is hashed once. */
function createContents(): (body: Buffer, form: HashForm) => Buffer | string {
  const digests = new Map<Buffer, Buffer>()
  return (body, form) => {
    if (form === 'body') return body
    const digest = digests.get(body) ?? hash('sha256', body, 'buffer')
    digests.set(body, digest)
    if (form === 'raw') return digest
    const text = digest.toString(form === 'base64' ? 'base64' : 'hex')
    return form === 'upper-hex' ? text.toUpperCase() : text
  }
}

/** A word once: two headers of a pair may have come twice each. */
export function distinctWords(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ what }, at) => findings.findIndex((other) => other.what === what) === at)
}
