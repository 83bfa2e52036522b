import { readFileSync } from 'node:fs'
import type { SchemeName, UnverifiedWebhook } from '@murmuration/bird'

/** A signature case, ready for the verifier of its scheme. */
export interface SignatureVector {
  readonly group: string
  readonly name: string
  readonly scheme: SchemeName
  readonly webhook: UnverifiedWebhook
  readonly secret: string
  /** The clock to judge it at, epoch ms. */
  readonly nowMs: number
  readonly valid: boolean
}

type Fields = Readonly<Record<string, unknown>>
type Parts = Pick<SignatureVector, 'secret' | 'nowMs'> & Partial<UnverifiedWebhook>

/** Each group of the file: where its cases stand, whose they are, and how a case becomes a request. */
const groups: Readonly<Record<string, { list: string; scheme: SchemeName; read(fields: Fields): Parts }>> = {
  bird_url_hmac: {
    list: 'derived',
    scheme: 'bird-crm',
    read: (fields) => ({ ...readTimestamped(fields), urls: [textOf(fields.url)] }),
  },
  messagebird_legacy_query_hmac: {
    list: 'vectors',
    scheme: 'messagebird-query',
    read: (fields) => ({ ...readTimestamped(fields), query: readQuery(fields) }),
  },
  messagebird_signature_jwt: { list: 'vectors', scheme: 'messagebird-jwt', read: readJwt },
  messagebird_signature_jwt_older_revision: { list: 'vectors', scheme: 'messagebird-jwt', read: readJwt },
  standard_webhooks_new_bird_platform: { list: 'derived', scheme: 'standard-webhooks', read: readStandard },
}

/** Every case with a stated verdict, of every group. A group that has no row above is an error, never left out. */
export function readSignatureVectors(file: string): readonly SignatureVector[] {
  const content: Fields = JSON.parse(readFileSync(file, 'utf8'))
  const names = Object.keys(content).filter((name) => !name.startsWith('_'))
  return names.flatMap((group) => {
    const row = groups[group]
    if (row === undefined) throw new Error(`no row for the group ${group}`)
    const cases = (content[group] as Fields)[row.list] as readonly Fields[]
    return cases.map((fields, index) => {
      const { secret, nowMs, ...parts } = row.read(fields)
      const webhook = { rawBody: Buffer.alloc(0), urls: [], query: '', headers: {}, ...parts }
      const name = textOf(fields.name ?? `case ${index}`)
      return { group, name, scheme: row.scheme, webhook, secret, nowMs, valid: readVerdict(fields) }
    })
  })
}

function readVerdict(fields: Fields): boolean {
  if (typeof fields.valid === 'boolean') return fields.valid
  return textOf(fields.outcome) === 'valid'
}

function readTimestamped(fields: Fields): Parts {
  const timestamp = textOf(fields.timestamp)
  return {
    secret: textOf(fields.key),
    nowMs: Number(timestamp) * 1000,
    rawBody: Buffer.from(textOf(fields.body)),
    headers: { 'messagebird-signature': textOf(fields.signature), 'messagebird-request-timestamp': timestamp },
  }
}

function readQuery(fields: Fields): string {
  const parameters = fields.query_params as Readonly<Record<string, string>> | undefined
  return parameters === undefined ? textOf(fields.query) : new URLSearchParams(parameters).toString()
}

function readJwt(fields: Fields): Parts {
  return {
    secret: textOf(fields.secret),
    nowMs: Date.parse(textOf(fields.timestamp)),
    urls: [textOf(fields.url)],
    rawBody: Buffer.from(textOf(fields.payload ?? '')),
    headers: { 'messagebird-signature-jwt': textOf(fields.token) },
  }
}

function readStandard(fields: Fields): Parts {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  return {
    secret: textOf(fields.secret),
    nowMs: Number(fields['webhook-timestamp']) * 1000,
    rawBody: Buffer.from(textOf(fields.body)),
    headers: Object.fromEntries(names.map((name) => [name, textOf(fields[name])])),
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a field of the vectors is missing or no text')
  return value
}
