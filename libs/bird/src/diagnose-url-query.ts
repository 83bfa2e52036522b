import { type Finding, finding, type Variant } from './diagnose-finding.ts'
import { sortQuery, toCanonicalQuery } from './sign-messagebird-query.ts'

/** More parameters have too many orders; then the sorted one and the request's are tried. */
const MAX_PERMUTED = 4
/** Of more parameters none is left out. */
const MAX_DROPPED = 12

/**
 * The queries that may have been signed instead of the registered one, each with its `?`; empty text for none.
 *
 * @param requested  query of the request, without `?`
 * @param registered query of publicUrl, with `?`, or empty
 */
export function queryVariants(requested: string, registered: string): readonly Variant<string>[] {
  const query = registered.slice(1)
  const orders = query === '' ? [] : [sortQuery(query), ...permute(query.split('&')).map((pairs) => pairs.join('&'))]
  const spellings = [
    query.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase()),
    query.replace(/%[0-9a-f]{2}/gi, (code) => code.toLowerCase()),
    query.replaceAll('%20', '+'),
    query.replaceAll('+', '%20'),
    decode(query),
    toCanonicalQuery(query),
  ]
  const none = query === '' ? [] : [{ value: '', findings: [finding('url-query-added', 'Bird signed no query')] }]
  const mark = query === '' ? [{ value: registered === '' ? '?' : '', findings: [markFinding(registered)] }] : []
  return [
    ...(requested === '' ? [] : [{ value: `?${requested}`, findings: [compareQueries(query, requested)] }]),
    ...none,
    ...mark,
    ...dropOne(query).map((text) => ({ value: `?${text}`, findings: [compareQueries(query, text)] })),
    ...dropOne(requested).map((text) => ({ value: `?${text}`, findings: [compareQueries(query, text)] })),
    ...orders.map((order) => ({ value: `?${order}`, findings: [sortedFinding] })),
    ...(query === '' ? [] : spellings.map((text) => ({ value: `?${text}`, findings: [spellingFinding] }))),
  ].filter(({ value }) => value !== registered)
}

const sortedFinding = finding('url-query-sorted', 'Bird signed the same parameters in another order')
const spellingFinding = finding('url-encoding', 'the query is spelt otherwise where it is signed')

function markFinding(registered: string): Finding {
  return finding(
    'url-encoding',
    `Bird signed the URL ${registered === '' ? 'with' : 'without'} a question mark at its end`,
  )
}

/** How the query of the request, should it be the signed one, differs from the registered one. */
function compareQueries(registered: string, requested: string): Finding {
  const expected = registered === '' ? [] : registered.split('&')
  const actual = requested.split('&')
  const missing = actual.filter((pair) => !expected.includes(pair)).length
  const added = expected.filter((pair) => !actual.includes(pair)).length
  if (missing === 0 && added === 0) return sortedFinding
  if (decode(sortQuery(registered)) === decode(sortQuery(requested))) return spellingFinding
  if (added === 0) return finding('url-query-missing', 'publicUrl lacks parameters that Bird signed')
  if (missing === 0) return finding('url-query-added', 'publicUrl has parameters that Bird did not sign')
  return finding('url-query-changed', 'publicUrl has other parameters than those that Bird signed')
}

/** The query without one of its parameters, each in turn: something on the way may have added it. */
export function dropOne(query: string): readonly string[] {
  const pairs = query.split('&', MAX_DROPPED + 1)
  if (pairs.length < 2 || pairs.length > MAX_DROPPED) return []
  return pairs.map((_, at) => pairs.toSpliced(at, 1).join('&'))
}

/** A query for people: names alone where the request brought it, since callbacks hold telephone numbers. */
export function showQuery(query: string, configured: string): string {
  const known = new Set(configured.slice(1).split('&').map(decode))
  const pairs = query.slice(1).split('&')
  if (query.length < 2 || pairs.every((pair) => known.has(decode(pair)))) return query
  const names = pairs.map((pair) => (pair.includes('=') ? `${pair.split('=', 1)[0]}=…` : '…'))
  return `?${names.join('&')} (values as in the request)`
}

function decode(query: string): string {
  try {
    return decodeURIComponent(query.replaceAll('+', ' '))
  } catch {
    return query
  }
}

function permute(pairs: readonly string[]): readonly (readonly string[])[] {
  if (pairs.length > MAX_PERMUTED) return []
  if (pairs.length <= 1) return [pairs]
  return pairs.flatMap((pair, at) => permute(pairs.toSpliced(at, 1)).map((rest) => [pair, ...rest]))
}
