import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { type HostRules, parseLeg, toHostAndPort, toHostRules } from './decide-leg.ts'
import { guardLookup } from './guard-lookup.ts'
import { OutboundRefusedError } from './outbound-errors.ts'
import { toGuardedBody } from './to-guarded-body.ts'
import { toOutboundError } from './to-outbound-error.ts'

export interface GuardedClientOptions {
  /** Hosts that a first leg may name: `host` for port 443, else `host:port`. */
  readonly allowedHosts: readonly string[]
  /** `host:port` that may be plain http and private, at any leg; for tests and proxies. */
  readonly privateHosts: readonly string[]
  /** Longest wait for a connection, TLS included. Default 10 s: a host that needs more is down. */
  readonly connectTimeoutMs?: number
  /** Longest wait for the headers. Default 30 s: media hosts answer at once or sign a URL first. */
  readonly headersTimeoutMs?: number
  /** Longest silence within a body. Default 30 s; the whole download is bounded by the caller's signal. */
  readonly bodyTimeoutMs?: number
  /** Redirects that `followRedirect` takes after the first leg. Default 3: storage hosts redirect by region. */
  readonly maxRedirects?: number
  /** Name lookup; the system's where not given. Its answers are checked either way. */
  readonly lookup?: LookupFunction
}

export interface GuardedResponse {
  readonly status: number
  /** Names in lower case, without `location` and `set-cookie`; a repeated header is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Read it to the end or destroy it. Fails with OutboundFailedError; a body cut short is a failure. */
  readonly body: Readable
  /** Where the answer came from, without its query string: origin and path. */
  readonly finalUrl: string
  /** Whether it is a redirect that `followRedirect` can take. The target stays hidden: presigned URLs are secrets. */
  readonly redirected: boolean
}

export interface GuardedRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface GuardedClient {
  /**
   * First leg. Never follows a redirect: the caller looks at the status and then decides.
   * @throws {OutboundRefusedError | OutboundFailedError} or the signal's reason
   */
  get(url: string, request?: GuardedRequest): Promise<GuardedResponse>
  /**
   * Takes the redirect of a response of this client to any public https host. No header of the first leg goes along,
   * neither credentials nor cookies: storage hosts answer 400 to a second authorization.
   * @throws {OutboundRefusedError | OutboundFailedError} or the signal's reason
   */
  followRedirect(response: GuardedResponse, request?: { readonly signal?: AbortSignal }): Promise<GuardedResponse>
  /** Breaks off what is under way. */
  close(): Promise<void>
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Creates the one HTTP client for addresses that come from outside (SSRF rules: see `parseLeg` and `guardLookup`).
 * Environment proxies are not consulted: a proxy would look names up where we can't check them.
 */
export function createGuardedClient(options: GuardedClientOptions): GuardedClient {
  const rules = toHostRules({ allowed: options.allowedHosts, private: options.privateHosts })
  const agent = createAgent(rules, options)
  const maxRedirects = options.maxRedirects ?? 3
  const targets = new WeakMap<GuardedResponse, { readonly base: URL; readonly location: string }>()

  const call = async (url: URL, request: GuardedRequest): Promise<GuardedResponse> => {
    const answer = await sendGet(agent, url, request)
    const location = answer.headers.location
    const redirected = REDIRECTS.has(answer.statusCode) && typeof location === 'string'
    const response = {
      status: answer.statusCode,
      headers: toHeaders(answer.headers),
      body: toGuardedBody(answer.body, url.host),
      finalUrl: `${url.origin}${url.pathname}`,
      redirected,
    }
    if (redirected) targets.set(response, { base: url, location })
    return response
  }

  return {
    get: async (url, request = {}) => call(parseLeg(url, { leg: 'first', rules }), request),
    followRedirect: async (response, request = {}) => {
      let current = response
      for (let taken = 0; taken < maxRedirects; taken += 1) {
        const target = targets.get(current)
        if (target === undefined) throw new TypeError('not a redirect of this client')
        current.body.destroy()
        const url = parseLeg(target.location, { leg: 'redirected', rules, base: target.base })
        current = await call(url, request)
        if (!current.redirected) return current
      }
      current.body.destroy()
      throw new OutboundRefusedError({ reason: 'too-many-redirects', host: new URL(current.finalUrl).host })
    },
    close: () => agent.destroy(),
  }
}

function createAgent(rules: HostRules, options: GuardedClientOptions): Agent {
  const lookup = options.lookup ?? (systemLookup as LookupFunction)
  const connectOptions = { timeout: options.connectTimeoutMs ?? 10_000, allowH2: false }
  const connectAnywhere = buildConnector({ ...connectOptions, lookup } as buildConnector.BuildOptions)
  const connectPublic = buildConnector({
    ...connectOptions,
    lookup: guardLookup(lookup),
  } as buildConnector.BuildOptions)
  return new Agent({
    // HTTP/1.1: a cut body is then always an error of its own socket.
    allowH2: false,
    headersTimeout: options.headersTimeoutMs ?? 30_000,
    bodyTimeout: options.bodyTimeoutMs ?? 30_000,
    // Storage hosts differ by bucket; idle sockets to them are not worth keeping for long.
    keepAliveTimeout: 4_000,
    connect: (target, callback) => {
      const connect = rules.private.has(toHostAndPort(target)) ? connectAnywhere : connectPublic
      connect(target, callback)
    },
  })
}

async function sendGet(agent: Agent, url: URL, request: GuardedRequest): Promise<Dispatcher.ResponseData> {
  try {
    return await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      // identity: the bytes that are hashed and stored are the file's own.
      headers: { accept: '*/*', 'accept-encoding': 'identity', ...request.headers },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
  } catch (error) {
    request.signal?.throwIfAborted()
    throw toOutboundError(error, url.host)
  }
}

function toHeaders(headers: Dispatcher.ResponseData['headers']): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name === 'location' || name === 'set-cookie'
      ? []
      : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  )
  return Object.fromEntries(entries)
}
