import { domainToASCII, domainToUnicode } from 'node:url'
import { type DoctorWebhook, distinct, expected, type Finding, finding, type Variant } from './diagnose-finding.ts'
import { queryVariants, showQuery } from './diagnose-url-query.ts'

/** A URL in four parts; nothing is normalised, since every byte is signed. */
interface UrlParts {
  readonly scheme: string
  /** User and password with their `@`; empty where there are none. Never shown. */
  readonly user: string
  /** Host, and port where there is one. */
  readonly authority: string
  readonly path: string
  /** With its `?`; empty where there is none. */
  readonly query: string
}

/** Ports that no header may name: of proxies and of servers behind them, in the order of how often they are met. */
const usualPorts = ['8443', '8080', '3000', '8000', '5000', '4443', '9443', '8888'] as const

const schemePattern = /^([a-z]{1,20}):\/\//i

/**
 * The URLs that may have been signed instead of a registered one, by what proxies, copying and registering at Bird do to
 * one. Nothing here is trusted: a form counts only when the signature holds for it.
 *
 * @param input.maxFindings most parts that may differ: of scheme, authority, path and query
 */
export function urlVariants(
  webhook: DoctorWebhook,
  publicUrl: string,
  input: { readonly maxFindings: number },
): readonly Variant<string>[] {
  const parts = splitUrl(publicUrl)
  if (parts === null) return [expected(publicUrl)]
  const axes = [
    [expected(parts.scheme), ...schemeVariants(parts)],
    [expected(parts.authority), ...authorityVariants(webhook, parts)],
    [expected(parts.path), ...pathVariants(webhook, parts.path)],
    [expected(parts.query), ...queryVariants(webhook.query, parts.query)],
  ].map((forms) => distinct(forms, (text) => text))
  let chosen: readonly Choice[] = [{ texts: [], findings: [], rank: 0 }]
  for (const forms of axes) {
    chosen = chosen.flatMap(({ texts, findings, rank }) =>
      forms.flatMap((form, at) =>
        findings.length + form.findings.length > input.maxFindings
          ? []
          : [{ texts: [...texts, form.value], findings: [...findings, ...form.findings], rank: rank + at }],
      ),
    )
  }
  // The likeliest form of each part comes before the less likely ones of any.
  const ranked = chosen
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ texts, findings }) => {
      const [scheme = '', authority = '', path = '', query = ''] = texts
      const value = `${scheme}://${parts.user}${authority}${path}${query}`
      return { value, findings: sayWhole(findings, { ...parts, scheme, authority, path, query }, parts.query) }
    })
  return distinct(ranked, (url) => url)
}

/** One form of each part. */
interface Choice {
  readonly texts: readonly string[]
  readonly findings: readonly Finding[]
  readonly rank: number
}

/** The hosts that the request names, as `host` or `host:port`; the outermost proxy's first. Never trusted. */
export function hostsOf(webhook: DoctorWebhook): readonly string[] {
  const { headers } = webhook
  const forwarded = [...(headers.forwarded ?? '').matchAll(/host="?([^";,\s]+)/gi)].map((match) => match[1] ?? '')
  const names = ['x-forwarded-host', 'x-original-host', 'host']
  const listed = names.flatMap((name) => (headers[name] ?? '').split(',').map((host) => host.trim()))
  return [...new Set([...listed, ...forwarded])].filter((host) => /^[!-"$-.0->A-~]{1,253}$/.test(host)).slice(0, 6)
}

/** The paths that the request names: the one it came with, and those that proxies rewrote. */
function pathsOf({ headers, path }: DoctorWebhook): readonly string[] {
  const names = ['x-forwarded-uri', 'x-original-uri', 'x-original-url', 'x-rewrite-url', 'x-envoy-original-path']
  const rewritten = names.flatMap((name) => headers[name] ?? []).map((text) => splitUrl(text)?.path ?? text)
  const prefix = headers['x-forwarded-prefix']
  const prefixed = prefix === undefined || path === undefined ? [] : [`${prefix.replace(/\/$/, '')}${path}`]
  const known = [...rewritten, ...prefixed, ...(path === undefined ? [] : [path])]
  return [...new Set(known.map((text) => text.split('?', 1)[0] ?? ''))].filter((text) => /^\/[!-~]{0,2000}$/.test(text))
}

/** Null for a text that is no URL. By index: a pattern for all parts would take the cube of a header's length. */
function splitUrl(url: string): UrlParts | null {
  const [start = '', scheme = ''] = schemePattern.exec(url) ?? []
  if (start === '') return null
  const rest = url.slice(start.length)
  const mark = rest.indexOf('?')
  const place = mark === -1 ? rest : rest.slice(0, mark)
  const slash = place.indexOf('/')
  const whole = slash === -1 ? place : place.slice(0, slash)
  const at = whole.lastIndexOf('@') + 1
  return {
    scheme,
    user: whole.slice(0, at),
    authority: whole.slice(at),
    path: slash === -1 ? '' : place.slice(slash),
    query: mark === -1 ? '' : rest.slice(mark),
  }
}

/** A configured URL for people: without its password, should it have one. */
export function showUrl(url: string): string {
  const parts = splitUrl(url)
  return parts === null ? url : joinShown(parts, parts.query)
}

function joinShown({ scheme, user, authority, path, query }: UrlParts, configured: string): string {
  return `${scheme}://${user === '' ? '' : '…@'}${authority}${path}${showQuery(query, configured)}`
}

function schemeVariants({ scheme }: UrlParts): readonly Variant<string>[] {
  const other = scheme.toLowerCase() === 'https' ? 'http' : 'https'
  return [one(other, finding('url-scheme', `Bird signed ${other}://, publicUrl says ${scheme}://`))]
}

function authorityVariants(webhook: DoctorWebhook, { authority }: UrlParts): readonly Variant<string>[] {
  const [host, port] = splitPort(authority)
  const fromHeaders = hostsOf(webhook).flatMap((other) => {
    const [otherHost, otherPort] = splitPort(other)
    const isSame = asciiOf(otherHost) === asciiOf(host)
    if (isSame && otherPort === port) return other === authority ? [] : [spelling(other)]
    if (isSame) return [portVariant(other)]
    const changed = hostVariant(other)
    // The header of an inner hop names its own port, and one that ends TLS drops it.
    return otherPort === port ? [changed] : [hostVariant(otherHost + (port === '' ? '' : `:${port}`)), changed]
  })
  const ports = ['', ':443', ':80', forwardedPort(webhook), ...usualPorts.map((text) => `:${text}`)].flatMap((text) => {
    return text === undefined || text === (port === '' ? '' : `:${port}`) ? [] : [portVariant(`${host}${text}`)]
  })
  // A Host header is in lower case, and mostly without a dot at the end, whatever was registered.
  const capitals = [
    host.replace(/^[a-z]/, upper),
    host.replace(/(?<=^|\.)[a-z]/g, upper),
    host.toUpperCase(),
    `${host}.`,
  ]
  const spellings = [host.toLowerCase(), domainToASCII(host), domainToUnicode(host), ...capitals]
    .filter((text) => text !== '' && text !== host)
    .map((text) => spelling(port === '' ? text : `${text}:${port}`))
  return [...fromHeaders, ...ports, ...spellings]
}

function upper(text: string): string {
  return text.toUpperCase()
}

/** Lower case, punycode; a host that can't be a name (an IPv6 address) in lower case. */
function asciiOf(host: string): string {
  return domainToASCII(host) || host.toLowerCase()
}

function hostVariant(authority: string): Variant<string> {
  return one(authority, finding('url-host', `Bird signed the host ${authority}, publicUrl names another`))
}

function portVariant(authority: string): Variant<string> {
  const [, port] = splitPort(authority)
  const said = port === '' ? 'without a port' : `with port ${port}`
  return one(authority, finding('url-port', `Bird signed the URL ${said}, publicUrl is written otherwise`))
}

function spelling(text: string): Variant<string> {
  return one(text, finding('url-encoding', `the host is spelt ${text} where it is signed`))
}

function forwardedPort({ headers }: DoctorWebhook): string | undefined {
  const port = headers['x-forwarded-port']?.split(',', 1)[0]?.trim()
  return port !== undefined && /^\d{1,5}$/.test(port) ? `:${port}` : undefined
}

/** The last colon begins a port, unless it is inside of an IPv6 address. */
function splitPort(authority: string): readonly [string, string] {
  const match = /^(.*?):(\d*)$/.exec(authority)
  return match === null || (authority.startsWith('[') && !match[1]?.endsWith(']'))
    ? [authority, '']
    : [match[1] ?? '', match[2] ?? '']
}

function pathVariants(webhook: DoctorWebhook, path: string): readonly Variant<string>[] {
  const slash = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  const said = path.endsWith('/') ? 'without the slash at the end' : 'with a slash at the end'
  const encodings = [
    path.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase()),
    path.replace(/%[0-9a-f]{2}/gi, (code) => code.toLowerCase()),
    decodePercent(path),
    encodeURI(path.toWellFormed()),
    path.toLowerCase(),
  ]
  return [
    one(slash, finding('url-trailing-slash', `Bird signed the path ${said}`)),
    ...encodings.map((text) => one(text, finding('url-encoding', 'the path is spelt otherwise where it is signed'))),
    ...[...pathsOf(webhook), path.replace(/\/{2,}/g, '/'), ...doubledSlashes(path)].map((text) => {
      return one(text, finding('url-path', `Bird signed the path ${text}`))
    }),
  ]
}

/** The path with each of its slashes, in turn, twice: a base URL that ends with one was joined with a path that begins so. */
function doubledSlashes(path: string): readonly string[] {
  return [...path.matchAll(/\//g)].slice(0, 8).map(({ index }) => `${path.slice(0, index)}/${path.slice(index)}`)
}

function decodePercent(text: string): string {
  try {
    return decodeURI(text)
  } catch {
    return text
  }
}

function one(value: string, ...findings: readonly Finding[]): Variant<string> {
  return { value, findings }
}

/** Ends the first finding with the whole URL, to be copied. */
function sayWhole(findings: readonly Finding[], parts: UrlParts, configured: string): readonly Finding[] {
  const [first, ...rest] = findings
  if (first === undefined) return findings
  const user = parts.user === '' ? '' : ' (user and password as configured)'
  return [
    { ...first, detail: `${first.detail}. Set publicUrl to exactly ${joinShown(parts, configured)}${user}` },
    ...rest,
  ]
}
