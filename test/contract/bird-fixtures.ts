import { readdirSync, readFileSync } from 'node:fs'
import { type EventContext, type ParsedWebhook, parseWebhook, schemes, signBirdCrm } from '@murmuration/bird'

const folder = `${import.meta.dirname}/fixtures`

/** Context of the golden vectors; every value in it that enters an id or key is frozen with them. */
export const goldenContext: EventContext = {
  workspaceId: '5cce71bc-a8f5-4201-beeb-6df0aef3cfc8',
  source: 'golden',
  origin: 'webhook',
  receivedAtMs: 1_765_618_300_000,
  rawRef: 'raw-golden',
  contactKeySecret: 'contact key secret of the golden vectors',
}

/** Every payload file, sorted, with its bytes. */
export function payloadFiles(): readonly { readonly file: string; readonly bytes: Buffer }[] {
  const files = readdirSync(`${folder}/payloads`).sort()
  return files.map((file) => ({ file, bytes: readFileSync(`${folder}/payloads/${file}`) }))
}

/** The bytes on their real way: signed, verified, parsed. */
export function receive(rawBody: Buffer): ParsedWebhook {
  const key = { id: 'k', secret: 'secret' }
  const url = 'https://example.com/webhook'
  const headers = { ...signBirdCrm({ key: key.secret, timestamp: '1765618300', url, rawBody }) }
  const input = { signingKeys: [key], nowMs: goldenContext.receivedAtMs, maxAgeMs: 0, clockSkewMs: 0 }
  return parseWebhook(schemes['bird-crm'].verify({ rawBody, urls: [url], query: '', headers }, input))
}
