import { type BirdCrmHeaders, signBirdCrm } from './sign-bird-crm.ts'

/** What the legacy `messagebird-query` scheme signs, and with what. */
export interface MessagebirdQuerySignable {
  /** Signing key as text; its UTF-8 bytes are the HMAC key. */
  readonly key: string
  /** Unix seconds as text, exactly as in the header. */
  readonly timestamp: string
  /** Query of the request, encoded, in any order, without `?`. */
  readonly query: string
  readonly rawBody: Buffer
}

/** Signs as legacy MessageBird does, in the headers of Bird CRM. For tests, the sample and the doctor. */
export function signMessagebirdQuery(signable: MessagebirdQuerySignable): BirdCrmHeaders {
  const { key, timestamp, query, rawBody } = signable
  return signBirdCrm({ key, timestamp, url: toCanonicalQuery(query), rawBody })
}

/** The query with its parameters sorted by name, their spelling untouched; those of one name keep their order. */
export function sortQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => ({ pair, name: pair.split('=', 1)[0] ?? '' }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ pair }) => pair)
    .join('&')
}

/** The query decoded, sorted by name (stable), and encoded as application/x-www-form-urlencoded. */
export function toCanonicalQuery(query: string): string {
  // A leading `?` would be dropped by URLSearchParams; here it belongs to the first name.
  const parameters = new URLSearchParams(query.startsWith('?') ? `%3F${query.slice(1)}` : query)
  parameters.sort()
  return parameters.toString()
}
