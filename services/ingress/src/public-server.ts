import type { IncomingMessage } from 'node:http'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { collectBody } from './collect-body.ts'
import type { ReceiveDeps } from './receive-webhook.ts'
import type { SourceTable } from './source-table.ts'
import type { Source } from './sources.ts'
import { receiveRequest } from './webhook-route.ts'

/** Time-outs of the public port, each against somebody who holds a connection on purpose. */
export interface PublicTimeouts {
  /** From the first byte to the end of the headers, ms. */
  readonly headersMs: number
  /** From the first byte to the end of the body, ms. A webhook is a few kilobytes. */
  readonly requestMs: number
  /** Of a connection on which nothing happens, ms. Longer than the usual 60 s of load balancers: they shall close. */
  readonly keepAliveMs: number
}

/** What the public server works with. */
export interface PublicServerOptions extends ReceiveDeps {
  readonly sources: SourceTable
  /** Largest body where a source says nothing else, bytes. */
  readonly maxBodyBytes: number
  readonly maxConnections: number
  readonly timeouts: PublicTimeouts
  /** Why nothing new should be taken at present; undefined when all is well. */
  readonly overload: () => string | undefined
}

const MAX_HEADER_BYTES = 16_384
const OVERLOADED_RETRY_AFTER_SECONDS = '2'

declare module 'fastify' {
  interface FastifyRequest {
    /** The source of the request's path. */
    source: Source | undefined
    /** Content-Type as sent; the framework does not get to see it. */
    contentType: string | undefined
  }
}

/** Creates the public server: one path per source, nothing else. Call `listen` on it. */
export function createPublicServer(options: PublicServerOptions): FastifyInstance {
  const { timeouts, metrics } = options
  const count = (result: string) => metrics.count('murmuration_ingress_webhooks_total', { source: 'unknown', result })
  const server = fastify({
    logger: false,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    http: {
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: Math.min(1_000, timeouts.headersMs),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    // What is no HTTP, has too large headers or is too slow is answered by Node itself.
    clientErrorHandler: (error, socket) => {
      count('malformed')
      if (error.code === 'ECONNRESET' || !socket.writable) return
      socket.end(`HTTP/1.1 ${statusLineOf(error.code)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    },
  })
  server.server.maxConnections = options.maxConnections
  server.server.on('drop', () => metrics.count('murmuration_ingress_connections_dropped_total', {}))

  server.decorateRequest('source', undefined)
  server.decorateRequest('contentType', undefined)
  // Hooks with a callback, and few of them: a promise each would cost a tenth of a webhook's time.
  server.addHook('onRequest', (request, reply, done) => {
    const refusal = admitRequest(request, options)
    if (refusal === undefined) return done()
    count(refusal.result)
    // The body was not read: what follows on this connection can't be told from it.
    reply.headers({ ...refusal.headers, connection: 'close' }).code(refusal.status)
    reply.send({ error: refusal.error })
  })
  acceptEveryBody(server, options)
  server.setErrorHandler((error, _, reply) => {
    const status = statusOf(error)
    count(status === 413 ? 'too-large' : 'malformed')
    if (status === 413) reply.header('connection', 'close')
    return reply.code(status).send({ error: status === 413 ? 'the webhook is too large' : 'bad request' })
  })
  let isClosing = false
  server.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  server.all('/*', async (request, reply) => {
    const answer = await receiveRequest(request, options)
    // While the server closes, a connection ends with the answer that it waits for.
    if (isClosing) reply.header('connection', 'close')
    if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', String(answer.retryAfterSeconds))
    return reply.code(answer.status).send(answer.body)
  })
  return server
}

interface Refusal {
  readonly status: number
  readonly result: string
  readonly error: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Finds the request's source, and refuses what needs no body to be refused. Sets `request.source`. */
function admitRequest(request: FastifyRequest, options: PublicServerOptions): Refusal | undefined {
  const { url = '', method = '' } = request.raw
  const source = options.sources.find(url.split('?', 1)[0] ?? '')
  if (source === undefined) return { status: 404, result: 'not-found', error: 'no source has this path' }
  const methods = methodsOf(source)
  if (!methods.includes(method)) {
    return { status: 405, result: 'not-found', error: 'method not allowed', headers: { allow: methods.join(', ') } }
  }
  if (options.overload() !== undefined) {
    const headers = { 'retry-after': OVERLOADED_RETRY_AFTER_SECONDS }
    return { status: 503, result: 'overloaded', error: 'overloaded', headers }
  }
  if (Number(request.headers['content-length'] ?? 0) > (source.maxBodyBytes ?? options.maxBodyBytes)) {
    return { status: 413, result: 'too-large', error: 'the webhook is too large' }
  }
  request.source = source
  request.contentType = request.raw.headers['content-type']
  delete request.raw.headers['content-type']
  return undefined
}

/** MessageBird calls back by GET too, with the facts in the query. */
function methodsOf(source: Source): readonly string[] {
  return source.scheme.startsWith('messagebird-') ? ['POST', 'GET'] : ['POST']
}

/**
 * The signature covers the bytes, so no parser may touch them, whatever the content type says. One that is no media type
 * would be answered 415, so `admitRequest` hides it from the framework.
 */
function acceptEveryBody(server: FastifyInstance, options: PublicServerOptions): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    collectBody(payload, { maxBytes: request.source?.maxBodyBytes ?? options.maxBodyBytes }),
  )
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 400
}

function statusLineOf(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout'
  return code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
}
