import { isIP } from 'node:net'
import { isPublicAddress } from './is-public-address.ts'
import { OutboundRefusedError, type RefusalReason } from './outbound-errors.ts'

/** Hosts as `toHostRules` reads them from the configuration; matched by exact text. */
export interface HostRules {
  /** `host` means port 443; another port is spelt `host:port`. */
  readonly allowed: ReadonlySet<string>
  /** Always `host:port`. These may be plain http and private. */
  readonly private: ReadonlySet<string>
}

/** `first`: named by a record, may carry credentials. `redirected`: named by the first answer, carries none. */
export type Leg = 'first' | 'redirected'

/** Lower-cases the configured hosts; the URL parser does the same to what is compared with them. */
export function toHostRules(hosts: { readonly allowed: readonly string[]; readonly private: readonly string[] }) {
  const toSet = (list: readonly string[]) => new Set(list.map((host) => host.toLowerCase()))
  return { allowed: toSet(hosts.allowed), private: toSet(hosts.private) } satisfies HostRules
}

/**
 * Whether a URL may be called, before its name is looked up; the looked-up addresses are checked by `guardLookup`.
 *
 * @param url as a record or a `Location` header names it; relative to `input.base` where there is one
 * @returns the parsed URL, without fragment
 * @throws {OutboundRefusedError}
 */
export function parseLeg(
  url: string,
  input: { readonly leg: Leg; readonly rules: HostRules; readonly base?: URL },
): URL {
  const parsed = URL.parse(url, input.base?.href)
  if (parsed === null) throw new OutboundRefusedError({ reason: 'bad-url', host: '' })
  const reason = refusalOf(parsed, input)
  if (reason !== undefined) throw new OutboundRefusedError({ reason, host: parsed.host })
  parsed.hash = ''
  return parsed
}

function refusalOf(url: URL, input: { readonly leg: Leg; readonly rules: HostRules }): RefusalReason | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'bad-url'
  if (url.username !== '' || url.password !== '') return 'bad-url'
  if (input.rules.private.has(toHostAndPort(url))) return undefined
  if (url.protocol !== 'https:') return 'not-https'
  if (input.leg === 'first' && !input.rules.allowed.has(url.host)) return 'host-not-allowed'
  const address = withoutBrackets(url.hostname)
  return isIP(address) !== 0 && !isPublicAddress(address) ? 'private-address' : undefined
}

/** `host:port`, with the scheme's default port spelt out. */
export function toHostAndPort(url: { readonly protocol: string; readonly hostname: string; readonly port: string }) {
  return `${url.hostname}:${url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port}`
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
