import { createHmac, hash } from 'node:crypto'

/** The algorithms that MessageBird's own verifiers accept, with the hash of each; everything else is refused. */
export const jwtHashes: ReadonlyMap<unknown, string> = new Map([
  ['HS256', 'sha256'],
  ['HS384', 'sha384'],
  ['HS512', 'sha512'],
])

/** What the `messagebird-jwt` scheme signs, and with what. */
export interface MessagebirdJwtSignable {
  /** Signing key as text; its UTF-8 bytes are the HMAC key. */
  readonly key: string
  /** Unix seconds; `nbf`. The token expires 60 s later. */
  readonly seconds: number
  /** `jti`. */
  readonly id: string
  /** The whole URL of the request, query included. */
  readonly url: string
  readonly rawBody: Buffer
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512'
}

/** The header that carries a token. */
export interface MessagebirdJwtHeaders {
  readonly 'messagebird-signature-jwt': string
}

const LIFETIME_SECONDS = 60

/** Signs as MessageBird does. For tests, the sample and the doctor; the product itself only verifies. */
export function signMessagebirdJwt(signable: MessagebirdJwtSignable): MessagebirdJwtHeaders {
  const { key, seconds, id, url, rawBody, algorithm = 'HS256' } = signable
  const claims = {
    iss: 'MessageBird',
    nbf: seconds,
    exp: seconds + LIFETIME_SECONDS,
    jti: id,
    url_hash: hash('sha256', url, 'hex'),
    ...(rawBody.length === 0 ? {} : { payload_hash: hash('sha256', rawBody, 'hex') }),
  }
  return { 'messagebird-signature-jwt': signToken({ header: { alg: algorithm, typ: 'JWT' }, claims, key }) }
}

/** A compact token of any header and claims; HMAC by the header's algorithm, SHA-256 where that is none of ours. */
export function signToken(input: { header: Readonly<Record<string, unknown>>; claims: unknown; key: string }): string {
  const signed = `${toBase64Url(input.header)}.${toBase64Url(input.claims)}`
  const algorithm = jwtHashes.get(input.header.alg) ?? 'sha256'
  return `${signed}.${digestToken({ algorithm, key: input.key, signed }).toString('base64url')}`
}

/** HMAC over the token's first two parts with the point between them. */
export function digestToken(input: { algorithm: string; key: string; signed: string }): Buffer {
  return createHmac(input.algorithm, input.key).update(input.signed).digest()
}

function toBase64Url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
