// A Fastify that checks Bird's HMAC and answers 202, and does nothing else: what HTTP and crypto cost by themselves.
import { timingSafeEqual } from 'node:crypto'
import { createRequire } from 'node:module'
import { signBirdCrm } from '@murmuration/bird'
import { source } from './contestant.ts'

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

interface Server {
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: 'buffer' },
    parser: (request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void,
  ): void
  removeAllContentTypeParsers(): void
  post(path: string, handler: (request: Request, reply: { code(status: number): void }) => Promise<object>): void
  listen(address: { readonly host: string; readonly port: number }): Promise<string>
}

// The ingress's own copy, so that both run the same version. The root of the repository has no Fastify, nor its types.
const require = createRequire(new URL('../../services/ingress/package.json', import.meta.url))
const fastify = require('fastify') as (options: { readonly logger: false }) => Server

const server = fastify({ logger: false })
server.removeAllContentTypeParsers()
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
server.post(source.path, async ({ headers, body }, reply) => {
  const timestamp = headers['messagebird-request-timestamp'] ?? ''
  const expected = signBirdCrm({ key: source.signingKey, timestamp, url: source.publicUrl, rawBody: body })
  const claimed = Buffer.from(headers['messagebird-signature'] ?? '')
  const wanted = Buffer.from(expected['messagebird-signature'])
  const genuine = claimed.length === wanted.length && timingSafeEqual(claimed, wanted)
  reply.code(genuine ? 202 : 401)
  return {}
})
await server.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
