import { bodyVariants, brokenFinding, emptiedFinding, truncatedFinding } from './diagnose-body.ts'
import {
  type DoctorSource,
  type DoctorWebhook,
  type Effort,
  type Finding,
  type FindingWord,
  finding,
} from './diagnose-finding.ts'
import { type DiagnoseInput, distinctWords, type Explanation, explainHmac, piecesOf } from './diagnose-hmac.ts'
import { explainJwt, hintAtClaims } from './diagnose-jwt.ts'
import { createBudget } from './diagnose-search.ts'
import { doubledFinding, schemeHeaders, signatureVariants } from './diagnose-signature.ts'
import { schemes } from './schemes.ts'
import { SignatureRejectedError, type SignatureRejection } from './signature-rejected-error.ts'
import { type SchemeName, schemeNames } from './signature-scheme.ts'

/**
 * Most HMACs of one diagnosis, over all sources that it is judged by; over a body, each further 64 KiB count as one more. One
 * takes about 10 µs.
 */
export const maxHmacs: { readonly [E in Effort]: number } = { quick: 128, thorough: 20_000 }

/** What the doctor says of one request. */
export interface Diagnosis {
  readonly verdict: 'accepted' | 'refused'
  /** Why the verifier refuses it. */
  readonly reason: SignatureRejection | 'accepted'
  /** The source that it was judged by; where none was named, the one that explains it best. */
  readonly source: string
  /** Id of the key that signed it; null where none is known. */
  readonly keyId: string | null
  /** What differs, the simplest explanation; none when it is accepted, at least one when it is refused. */
  readonly findings: readonly Finding[]
}

/**
 * Says which input of a signature is wrong.
 *
 * The verdict is the verifier's own. A refused request is then tried with single deviations, with pairs, and with all parts of
 * the URL: the first that the signature holds for is what happened, so a finding is proven, unless it says otherwise. At most
 * `maxHmacs.thorough` HMACs, shared by the sources that it is judged by.
 *
 * @param input.sources every source that is configured, at least one
 * @param input.source  name of the one to judge by; undefined lets each of them accept it
 * @param input.nowMs   epoch ms
 * @param input.onProgress called before each HMAC: all sources, or a large body, may take seconds
 * @throws {RangeError} no source has that name
 */
export function diagnoseWebhook(
  webhook: DoctorWebhook,
  input: {
    readonly sources: readonly DoctorSource[]
    readonly source?: string | undefined
    readonly nowMs: number
    readonly onProgress?: () => void
  },
): Diagnosis {
  const { sources, source: name, nowMs, onProgress } = input
  const subjects = sources.filter((source) => name === undefined || source.name === name)
  const verdicts = subjects.map((source) => ({ source, ...judge(webhook, source, nowMs) }))
  const accepted = verdicts.find(({ reason }) => reason === 'accepted')
  if (accepted !== undefined) {
    const { source, keyId } = accepted
    return { verdict: 'accepted', reason: 'accepted', source: source.name, keyId, findings: [] }
  }
  const budget = createBudget(maxHmacs.thorough, () => {
    onProgress?.()
    return true
  })
  const shared = { nowMs, effort: 'thorough', bodies: bodiesOf(webhook, 'thorough') } as const
  const [best] = verdicts
    .map(({ source, reason }, at) => {
      const others = sources.filter((other) => other !== source)
      const owners = name === undefined ? [] : others
      const part = budget.part(1 / (verdicts.length - at))
      return { source: source.name, reason, ...explain(webhook, source, { ...shared, others, owners, budget: part }) }
    })
    .sort((a, b) => surpriseOf(a.findings) - surpriseOf(b.findings))
  if (best === undefined) throw new RangeError('no source has this name')
  return { verdict: 'refused', ...best }
}

/**
 * The likeliest cause of a refusal in one bounded word, for a metric: single deviations alone, at most `maxHmacs.quick`
 * HMACs, and little work for a large body.
 */
export function findingOf(
  webhook: DoctorWebhook,
  input: { readonly source: DoctorSource; readonly others: readonly DoctorSource[]; readonly nowMs: number },
): FindingWord {
  const { source, others, nowMs } = input
  const budget = createBudget(maxHmacs.quick)
  const parts = { others, owners: others, nowMs, effort: 'quick', budget, bodies: bodiesOf(webhook, 'quick') } as const
  return explain(webhook, source, parts).findings[0]?.what ?? 'unknown'
}

type Explained = { readonly findings: readonly Finding[]; readonly keyId: string | null }

/** What `explain` works with. */
interface ExplainInput extends DiagnoseInput {
  /** The others that were not asked yet whether they accept the webhook. */
  readonly owners: readonly DoctorSource[]
}

/** The forms of the body, made at the first call. */
function bodiesOf(webhook: DoctorWebhook, effort: Effort): DiagnoseInput['bodies'] {
  let bodies: ReturnType<typeof bodyVariants> | undefined
  return () => {
    bodies ??= bodyVariants(webhook, effort)
    return bodies
  }
}

function explain(webhook: DoctorWebhook, source: DoctorSource, input: ExplainInput): Explained {
  const missing = schemeHeaders[source.scheme].filter((name) => (webhook.headers[name] ?? '') === '')
  const owner = () => findOwner(webhook, input)
  if (missing.length > 0) {
    // Whoever is not signed at all is nobody's.
    const owned = schemeNames.some((name) => hasHeadersOf(webhook, name)) ? owner() : null
    return owned ?? { findings: [explainMissing(webhook, source, missing, input.nowMs)], keyId: null }
  }
  // A token has few forms, and its claims differ all at once where it is another source's: the owner first.
  const found =
    source.scheme === 'messagebird-jwt'
      ? (owner() ?? explainJwt(webhook, source, input))
      : explainHmac(webhook, source, input, owner)
  if (found === null) return { findings: [hint(webhook, source, input)], keyId: null }
  return found.findings.length > 0 ? { ...found, findings: distinctWords(found.findings) } : explainForm(found, source)
}

/** The signature holds and nothing differs, but the verifier refuses the form of a header. */
function explainForm({ keyId }: Explanation, { scheme }: DoctorSource): Explained {
  const names = schemeHeaders[scheme].join(', ')
  return {
    findings: [finding('header-malformed', `the signature holds, but a header (${names}) has a form that is refused`)],
    keyId,
  }
}

function judge(
  webhook: DoctorWebhook,
  source: DoctorSource,
  nowMs: number,
): { reason: Diagnosis['reason']; keyId: string | null } {
  const { scheme, signingKeys, maxAgeMs, clockSkewMs, publicUrls } = source
  try {
    const verified = schemes[scheme].verify(
      { ...webhook, urls: publicUrls },
      { signingKeys, maxAgeMs, clockSkewMs, nowMs },
    )
    return { reason: 'accepted', keyId: verified.keyId }
  } catch (error) {
    if (error instanceof SignatureRejectedError) return { reason: error.reason, keyId: null }
    throw error
  }
}

function explainMissing(
  webhook: DoctorWebhook,
  source: DoctorSource,
  missing: readonly string[],
  nowMs: number,
): Finding {
  const other = schemeNames.find((name) => hasHeadersOf(webhook, name))
  if (other !== undefined) {
    const { reason } = judge(webhook, { ...source, scheme: other }, nowMs)
    const proof =
      reason === 'accepted' ? 'and a key of this source holds for it' : `which this source's keys refuse (${reason})`
    return finding(
      'other-scheme',
      `the request carries the headers of ${other}, ${proof}; the source says ${source.scheme}`,
    )
  }
  const isUnsigned = missing.includes(schemeHeaders[source.scheme][0])
  const why = isUnsigned ? 'The subscription may have no signing key: set one at Bird' : 'Something on the way drops it'
  return finding('header-missing', `${missing.join(' and ')} missing. ${why}; or the capture left it out`)
}

function hasHeadersOf({ headers }: DoctorWebhook, scheme: SchemeName): boolean {
  return schemeHeaders[scheme].every((name) => (headers[name] ?? '') !== '')
}

/** Another source that would accept the webhook as it is. Takes half of what is left, however many there are. */
function findOwner(webhook: DoctorWebhook, { owners, nowMs, budget }: ExplainInput): Explanation | null {
  const part = budget.part(1 / 2)
  const pieces = piecesOf(webhook.rawBody)
  for (const other of owners) {
    // One hash of the body and an HMAC for each key and URL, or an HMAC over the body for each key.
    const hmacs = other.signingKeys.length * Math.max(1, other.publicUrls.length)
    const cost = other.scheme === 'standard-webhooks' ? hmacs * (1 + pieces) : hmacs + pieces
    if (!part.spend(cost)) continue
    const { reason, keyId } = judge(webhook, other, nowMs)
    if (reason !== 'accepted') continue
    const detail = `source ${other.name} accepts it, by its key ${keyId}: the webhook goes to the wrong path`
    return { findings: [finding('other-source', detail)], keyId: keyId ?? '' }
  }
  return null
}

/** What can be said when no signature fits. */
function hint(webhook: DoctorWebhook, source: DoctorSource, input: ExplainInput): Finding {
  const [name] = schemeHeaders[source.scheme]
  const copies = (webhook.headers[name] ?? '').split(', ').length
  if (copies > 1) return doubledFinding(name, copies)
  if (!isReadable(webhook, source.scheme))
    return finding(
      'header-malformed',
      `${name} has not the form of ${source.scheme}: compare it with the request at Bird`,
    )
  const emptied = source.scheme === 'messagebird-query' ? null : emptiedFinding(webhook)
  const truncated =
    truncatedFinding(webhook) ?? emptied ?? (input.effort === 'thorough' ? brokenFinding(webhook) : null)
  if (truncated !== null) return truncated
  const doubts = [
    webhook.rawBody.includes('\ufffd')
      ? 'the body has replacement characters (U+FFFD): its bytes were decoded and lost. '
      : '',
    source.scheme === 'messagebird-query' && webhook.query === ''
      ? 'the request has no query, which this scheme signs. '
      : '',
    source.scheme === 'messagebird-jwt' && input.effort === 'thorough' ? hintAtClaims(webhook, source, input) : '',
  ].join('')
  return finding(
    'unknown',
    `${doubts}${input.budget.spent} signatures were tried: this source's keys, those of the others, and forms of key, time, URL and body, one and two at a time. ` +
      'Check that the key is the one of this very subscription, that the URL is the one registered, and that the body has its exact bytes',
  )
}

function isReadable(webhook: DoctorWebhook, scheme: SchemeName): boolean {
  if (scheme !== 'messagebird-jwt') return signatureVariants(webhook, scheme).length > 0
  return (webhook.headers[schemeHeaders[scheme][0]] ?? '').split('.').length === 3
}

/** Smaller is the better explanation. */
function surpriseOf(findings: readonly Finding[]): number {
  const words = findings.map(({ what }) => what)
  if (words.includes('unknown')) return 100
  if (words.includes('header-missing') || words.includes('header-malformed')) return 50
  return words.length + (words.some((what) => what.startsWith('other-') || what === 'key-empty') ? 10 : 0)
}
