import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { schemes } from './schemes.ts'
import { SignatureRejectedError } from './signature-rejected-error.ts'
import type { SchemeName, SignatureInput } from './signature-scheme.ts'
import type { UnverifiedWebhook } from './unverified-webhook.ts'
import { thrownBy } from './webhook.fixture.ts'

/** A request as its sender sees it. */
export interface SentRequest {
  readonly secret: string
  readonly url: string
  /** Query of the request, without `?`. */
  readonly query: string
  readonly rawBody: Buffer
  readonly seconds: number
}

/** How the suite speaks to one scheme. */
export interface SchemeDriver {
  readonly name: SchemeName
  /** Two valid secrets, newest first. */
  readonly secrets: readonly [string, string]
  /** Secrets that hold no key. `sign` takes them too, as an empty HMAC key. */
  readonly emptySecrets: readonly string[]
  sign(request: SentRequest): Readonly<Record<string, string>>
  /** Each header that the scheme needs. */
  readonly headers: readonly string[]
  readonly signsUrl: boolean
  readonly signsQuery: boolean
  /** Whether signatures have an expiry of their own, so that no redelivery hours later is expected. */
  readonly expires: boolean
}

const SECONDS = 1_765_618_300
const HOUR_MS = 60 * 60_000
const URL = 'https://hooks.example/bird?tenant=a'
const body = Buffer.from('{"text":"caf\u00e9 \ud83d\udc4d"}\n')

/** What every scheme keeps. Call it in a test file. */
export function describeScheme(driver: SchemeDriver): void {
  const request: SentRequest = {
    secret: driver.secrets[1],
    url: URL,
    query: 'b=2&a=1',
    rawBody: body,
    seconds: SECONDS,
  }
  const input: SignatureInput = {
    signingKeys: driver.secrets.map((secret, index) => ({ id: `key-${index}`, secret })),
    nowMs: SECONDS * 1000,
    maxAgeMs: 24 * HOUR_MS,
    clockSkewMs: 60_000,
  }
  const verify = (webhook: UnverifiedWebhook, change: Partial<SignatureInput> = {}) =>
    schemes[driver.name].verify(webhook, { ...input, ...change })
  const isRefused = (webhook: UnverifiedWebhook, change: Partial<SignatureInput> = {}) =>
    thrownBy(() => verify(webhook, change)) instanceof SignatureRejectedError
  const receive = (sent: SentRequest): UnverifiedWebhook => {
    const { rawBody, url, query } = sent
    return { rawBody, urls: [url], query, headers: driver.sign(sent) }
  }
  const webhook = receive(request)
  const suite: Suite = { driver, request, webhook, input, verify, isRefused, receive }

  describe(`${driver.name} as a signature scheme`, () => {
    describeProof(suite)
    describeRefusals(suite)
    describeMutations(suite)
  })
}

interface Suite {
  readonly driver: SchemeDriver
  readonly request: SentRequest
  readonly webhook: UnverifiedWebhook
  readonly input: SignatureInput
  verify(
    webhook: UnverifiedWebhook,
    change?: Partial<SignatureInput>,
  ): ReturnType<(typeof schemes)['bird-crm']['verify']>
  isRefused(webhook: UnverifiedWebhook, change?: Partial<SignatureInput>): boolean
  receive(sent: SentRequest): UnverifiedWebhook
}

function describeProof({ driver, request, webhook, input, verify, receive }: Suite): void {
  it('accepts what was signed, and keeps the very bytes', () => {
    const verified = verify(webhook)
    expect(verified).toMatchObject({ scheme: driver.name, signedAtMs: SECONDS * 1000 })
    expect(verified.rawBody).toBe(body)
    expect(verify(receive({ ...request, rawBody: Buffer.alloc(0) })).rawBody).toHaveLength(0)
  })

  it('accepts each active key while keys are rotated, and tells which one it was', () => {
    for (const [index, secret] of driver.secrets.entries()) {
      expect(verify(receive({ ...request, secret })).keyId).toBe(`key-${index}`)
    }
    const twice = [...input.signingKeys, { id: 'same', secret: request.secret }]
    expect(verify(webhook, { signingKeys: twice }).keyId).toBe('key-1')
  })

  if (driver.signsUrl) {
    it('accepts any of several registered URLs, and tells which one it was', () => {
      const urls = ['https://hooks.example/', URL, `${URL}&x=1`]
      expect(verify({ ...webhook, urls }).url).toBe(URL)
    })
  }

  if (!driver.signsUrl) {
    it('names no URL, since it signs none', () => {
      expect(verify(webhook).url).toBeNull()
    })
  }

  it("passes the request's query on only where the signature covers it", () => {
    expect(verify(webhook).signedQuery).toBe(driver.signsQuery ? request.query : null)
    if (!driver.signsQuery) expect(verify({ ...webhook, query: 'added=1' }).signedQuery).toBeNull()
  })

  if (!driver.expires) {
    it('accepts a redelivery hours later, with its first signature, up to the ceiling', () => {
      const ceilingMs = SECONDS * 1000 + input.maxAgeMs + input.clockSkewMs
      expect(verify(webhook, { nowMs: SECONDS * 1000 + 8 * HOUR_MS }).keyId).toBe('key-1')
      expect(verify(webhook, { nowMs: ceilingMs }).keyId).toBe('key-1')
      expect(thrownBy(() => verify(webhook, { nowMs: ceilingMs + 1 }))).toMatchObject({ reason: 'too-old' })
    })
  }
}

function describeRefusals({ driver, request, webhook, input, verify, isRefused, receive }: Suite): void {
  it('refuses without keys, and never lets an empty key match', () => {
    expect(isRefused(webhook, { signingKeys: [] })).toBe(true)
    for (const secret of driver.emptySecrets) {
      expect(isRefused(receive({ ...request, secret }), { signingKeys: [{ id: 'empty', secret }] })).toBe(true)
    }
  })

  it('refuses where a header is missing, empty, or came twice', () => {
    for (const name of driver.headers) {
      const value = webhook.headers[name]
      for (const changed of [undefined, '', `${value}, ${value}`, `${value}, x`, `x, ${value}`]) {
        expect(isRefused({ ...webhook, headers: { ...webhook.headers, [name]: changed } })).toBe(true)
      }
    }
    expect(isRefused({ ...webhook, headers: {} })).toBe(true)
  })

  it('refuses when the clock is not a number, and what lies in the future', () => {
    expect(isRefused(webhook, { nowMs: Number.NaN })).toBe(true)
    expect(isRefused(webhook, { nowMs: SECONDS * 1000 - input.clockSkewMs - 1 })).toBe(true)
  })

  it('judges the signature before the time, so that a stranger learns nothing of our clock', () => {
    const strange = receive({ ...request, secret: driver.secrets[0] })
    const signingKeys = [{ id: 'k', secret: driver.secrets[1] }]
    for (const nowMs of [0, Number.NaN, SECONDS * 2000]) {
      expect(thrownBy(() => verify(strange, { signingKeys, nowMs }))).toMatchObject({ reason: 'no-key-matches' })
    }
  })

  it('puts neither key nor header value into its error', () => {
    const error = thrownBy(() => verify({ ...webhook, rawBody: Buffer.from('other') }))
    expect(error).toBeInstanceOf(SignatureRejectedError)
    expect(error).not.toHaveProperty('cause')
    const said = `${JSON.stringify(error)} ${String(error)}`
    for (const secret of [...driver.secrets, ...Object.values(driver.sign(request))]) expect(said).not.toContain(secret)
  })
}

function describeMutations({ driver, request, input, isRefused, receive }: Suite): void {
  const places = ['body', 'key', ...driver.headers]
  if (driver.signsUrl) places.push('url')
  if (driver.signsQuery) places.push('query')
  const mutation = fc.record({ place: fc.constantFrom(...places), at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) })
  const sent = fc.record({
    rawBody: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    url: fc.webUrl({ withQueryParameters: true }),
    query: fc.webQueryParameters(),
    seconds: fc.integer({ min: 1_000_000_000, max: 2_000_000_000 }),
    secret: fc.constantFrom(...driver.secrets),
  })

  it('accepts what was signed, and refuses every single change of what the signature covers', () => {
    fc.assert(
      fc.property(sent, mutation, (given, { place, at, by }) => {
        const signed = { ...request, ...given }
        const webhook = receive(signed)
        const keys = { nowMs: signed.seconds * 1000, signingKeys: [{ id: 'k', secret: signed.secret }] }
        expect(isRefused(webhook, keys)).toBe(false)

        const { headers } = webhook
        const header = headers[place]
        const changed: UnverifiedWebhook = {
          rawBody: place === 'body' ? changeByte(signed.rawBody, at, by) : signed.rawBody,
          urls: [place === 'url' ? insert(signed.url, at) : signed.url],
          query: place === 'query' ? insert(signed.query, at) : signed.query,
          headers: header === undefined ? headers : { ...headers, [place]: changeCharacter(header, at, by) },
        }
        const secret = place === 'key' ? insert(signed.secret, at) : signed.secret
        expect(isRefused(changed, { ...input, ...keys, signingKeys: [{ id: 'k', secret }] })).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
}

/** Other bytes: one changed, or one added where there are none. */
function changeByte(bytes: Buffer, at: number, by: number): Buffer {
  if (bytes.length === 0) return Buffer.from([by])
  const changed = Buffer.from(bytes)
  changed[at % changed.length] = ((changed[at % changed.length] ?? 0) + by) % 256
  return changed
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=.'

/** Another text: one character replaced by another of the signatures' alphabets; in a text of digits by a digit. */
function changeCharacter(text: string, at: number, by: number): string {
  const index = at % text.length
  const choices = (/^\d+$/.test(text) ? '0123456789' : alphabet).replace(text.charAt(index), '')
  return `${text.slice(0, index)}${choices.charAt(by % choices.length)}${text.slice(index + 1)}`
}

/** Another text: one character inserted. */
function insert(text: string, at: number): string {
  const index = at % (text.length + 1)
  return `${text.slice(0, index)}x${text.slice(index)}`
}
