import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { RegistryUnauthorizedError, RegistryUnavailableError } from './avro-errors.ts'

/** A text that must not be printed; `Secret` of libs/config is one. */
export interface Revealable {
  reveal(): string
}

/** Who we are to the registry: a user with a password, or a bearer token. */
export type RegistryAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Revealable }
  | { readonly kind: 'bearer'; readonly token: Revealable }

/** Where the registry is and how to get in. */
export interface RegistryAccess {
  /** Base of the Confluent API, without credentials, e.g. http://registry:8081 or http://registry:8080/apis/ccompat/v7 */
  readonly url: string
  readonly auth?: RegistryAuth | undefined
  /** Certificate authorities that are trusted instead of the system's, PEM. */
  readonly ca?: string | undefined
  /** From the first byte sent to the last received, connecting included, ms. */
  readonly timeoutMs: number
}

/** What the registry said: `body` is a JSON object, `errorCode` its own number in one that reports an error. */
export interface RegistryAnswer {
  readonly status: number
  readonly errorCode: number | undefined
  readonly body: Readonly<Record<string, unknown>> | readonly unknown[]
}

/** Confluent's API over HTTP. Look-ups and `murmur schemas` both go through it, so an outage ends alike in both. */
export interface RegistryHttp {
  /** Base URL, fit to be shown. */
  readonly url: string
  /**
   * Sends one request, once. The answer is a 2xx or a refusal that carries the registry's own `error_code`, both JSON.
   *
   * @param path begins with a slash; its parts are URI-encoded
   * @throws {RegistryUnauthorizedError} 401 or 403
   * @throws {RegistryUnavailableError} no connection, too slow, 5xx, 408, 429, a redirect, or an answer of another shape
   */
  send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<RegistryAnswer>
}

/** A schema is a few KB; what is larger than this comes from somebody else. */
const MAX_ANSWER_BYTES = 4 * 1_048_576
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'

/**
 * Creates the client. Each request has a connection of its own: look-ups are rare, and an idle connection that the
 * other side has just closed looks like an outage.
 */
export function createRegistryHttp(access: RegistryAccess): RegistryHttp {
  const base = access.url.replace(/\/+$/, '')
  const shown = withoutCredentials(base)
  return {
    url: shown,
    async send(method, path, body) {
      const sent = body === undefined ? undefined : JSON.stringify(body)
      const headers = { accept: `${CONTENT_TYPE}, application/json`, ...toAuthHeader(access.auth) }
      let raw: RawAnswer
      try {
        raw = await exchange(`${base}${path}`, { method, headers, body: sent, access })
      } catch (error) {
        throw new RegistryUnavailableError({ url: shown, why: toReason(error, access) }, { cause: error })
      }
      return parseAnswer(raw, shown)
    },
  }
}

interface RawAnswer {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

interface Outgoing {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly access: RegistryAccess
}

function exchange(url: string, { method, headers, body, access }: Outgoing): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(access.timeoutMs)
    const send = url.startsWith('https:') ? requestHttps : requestHttp
    const content =
      body === undefined ? {} : { 'content-type': CONTENT_TYPE, 'content-length': String(Buffer.byteLength(body)) }
    const request = send(
      url,
      { method, headers: { ...headers, ...content }, agent: false, signal, ...(access.ca && { ca: access.ca }) },
      (response) => readText(response).then((text) => resolve(toRaw(response, text)), reject),
    )
    request.on('error', reject)
    request.end(body)
  })
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new RangeError(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function toRaw({ statusCode, headers }: IncomingMessage, text: string): RawAnswer {
  return { status: statusCode ?? 0, contentType: headers['content-type'] ?? 'no content type', text }
}

/** Only what is clearly the registry's own word is an answer: a proxy's page, or a wrong path, says nothing of schemas. */
function parseAnswer({ status, contentType, text }: RawAnswer, url: string): RegistryAnswer {
  if (status === 401 || status === 403) throw new RegistryUnauthorizedError({ url, status })
  const unclear = (why: string) => new RegistryUnavailableError({ url, why: `HTTP ${status}${why}` })
  if (status >= 500 || status === 408 || status === 429) throw unclear('')
  if (status >= 300 && status < 400) throw unclear(', a redirect, which is not followed: set its target as the URL')
  const body = parseJson(text)
  if (body === undefined) throw unclear(` with ${contentType}, not JSON; is the path of the URL right?`)
  if (status >= 200 && status < 300) return { status, errorCode: undefined, body }
  const errorCode = 'error_code' in body ? body.error_code : undefined
  if (typeof errorCode !== 'number') throw unclear(' without an error_code; is the path of the URL right?')
  // 40401 and the like are about schemas; a bare 404 is how Jersey, Confluent's framework, finds no such path.
  if (status === 404 && Math.trunc(errorCode / 100) !== 404)
    throw unclear(` with error_code ${errorCode}; is the path of the URL right?`)
  return { status, errorCode, body }
}

function parseJson(text: string): RegistryAnswer['body'] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    // A lone number or text is JSON too, and no answer to anything that we ask.
    return typeof parsed === 'object' && parsed !== null ? (parsed as RegistryAnswer['body']) : undefined
  } catch {
    return undefined
  }
}

function toAuthHeader(auth: RegistryAuth | undefined): Readonly<Record<string, string>> {
  if (auth === undefined) return {}
  if (auth.kind === 'bearer') return { authorization: `Bearer ${auth.token.reveal()}` }
  const pair = `${auth.username}:${auth.password.reveal()}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function toReason(error: unknown, { timeoutMs }: RegistryAccess): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  // ECONNREFUSED on every address is an AggregateError, whose message is empty.
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

function withoutCredentials(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@]*@/, '$1')
}
