// What the doctor speaks of: its words, and the requests and sources that it looks at.
import type { SchemeName, SigningKey } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'

/** Every word of the doctor's; bounded, so that it can label a metric. The README of the ingress says what to do. */
export const findingWords = [
  'url-scheme',
  'url-host',
  'url-port',
  'url-path',
  'url-trailing-slash',
  'url-query-missing',
  'url-query-added',
  'url-query-sorted',
  'url-query-changed',
  'url-encoding',
  'url-changed',
  'body-reserialised',
  'body-newline',
  'body-bom',
  'body-encoding',
  'body-truncated',
  'body-missing',
  'body-added',
  'body-changed',
  'key-decoded',
  'key-whitespace',
  'key-prefix',
  'key-empty',
  'timestamp-unit',
  'id-changed',
  'hash-form',
  'signature-encoding',
  'other-source',
  'other-scheme',
  'too-old',
  'in-the-future',
  'wrong-issuer',
  'algorithm-refused',
  'claims-malformed',
  'header-missing',
  'header-doubled',
  'header-malformed',
  'unknown',
] as const

export type FindingWord = (typeof findingWords)[number]

/** One way in which a request differs from what its source expects. */
export interface Finding {
  readonly what: FindingWord
  /**
   * For people: what differs, and what to do next. Names header names, key ids, and URLs (with the query of the
   * configuration; of the request's own query the names only); never a key, a signature, a token, or text of a body.
   */
  readonly detail: string
}

/** What the doctor must know of a source; the ingress's own sources fit. */
export interface DoctorSource {
  readonly name: string
  readonly scheme: SchemeName
  /** As configured; empty where the scheme signs none. */
  readonly publicUrls: readonly string[]
  readonly signingKeys: readonly SigningKey[]
  readonly maxAgeMs: number
  readonly clockSkewMs: number
}

/** A request to look at. Its URLs come from the sources. */
export type DoctorWebhook = Omit<UnverifiedWebhook, 'urls'> & {
  /** Path of the request line, where it is known: a hint only. */
  readonly path?: string | undefined
}

/** `quick` runs in the ingress, between other requests: likely causes alone, and bounded work for a large body. */
export type Effort = 'quick' | 'thorough'

/** One form that an input of the signature may have had, and how that differs from what we have; none: not at all. */
export interface Variant<T> {
  readonly value: T
  readonly findings: readonly Finding[]
  /** How many deviations it counts as; otherwise one for each finding. */
  readonly weight?: number
}

export function finding(what: FindingWord, detail: string): Finding {
  return { what, detail }
}

/** A form that is what the source expects. */
export function expected<T>(value: T): Variant<T> {
  return { value, findings: [] }
}

/** The first variant of each value; those with fewer findings win. */
export function distinct<T>(variants: readonly Variant<T>[], keyOf: (value: T) => string): readonly Variant<T>[] {
  const seen = new Set<string>()
  const ordered = variants.toSorted((a, b) => a.findings.length - b.findings.length)
  return ordered.filter(({ value }) => {
    const key = keyOf(value)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
