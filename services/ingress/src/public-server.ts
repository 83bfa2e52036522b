import type { OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { errorLogFields } from '@murmuration/errors'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type BodyEnd, BodyRefusedError, collectBody, createBodyBudget, OVER_BUDGET } from './collect-body.ts'
import { endConnections } from './end-connections.ts'
import type { LoopTurns } from './loop-turns.ts'
import type { ReceiveDeps } from './receive-webhook.ts'
import type { SourceTable } from './source-table.ts'
import type { Source } from './sources.ts'
import { WebhookRequest } from './webhook-request.ts'
import { type Came, receiveRequest, type WebhookAnswer } from './webhook-route.ts'

/** Time-outs of the public port, each against somebody who holds a connection on purpose. */
export interface PublicTimeouts {
  /** From the first byte to the end of the headers, ms. */
  readonly headersMs: number
  /** From the first byte to the end of the body, ms. A webhook is a few kilobytes. */
  readonly requestMs: number
  /** Of a connection on which nothing happens, ms. Longer than the usual 60 s of load balancers: they shall close. */
  readonly keepAliveMs: number
  /**
   * When the server closes, how long it still accepts, ms: what the system has connected and we have not accepted would be
   * reset, and not everybody knows at once that we are not ready.
   */
  readonly drainMs: number
  /** When the server closes: for a request that has not come whole, ms. One that has is answered, however long it takes. */
  readonly lingerMs: number
}

/** What the public server works with. */
export interface PublicServerOptions extends ReceiveDeps {
  readonly sources: SourceTable
  /** Largest body where a source says nothing else, bytes. */
  readonly maxBodyBytes: number
  readonly maxConnections: number
  readonly timeouts: PublicTimeouts
  readonly turns: LoopTurns
  /** Why nothing new should be taken at present; undefined when all is well. */
  readonly overload: () => string | undefined
}

const NO_BODY = Buffer.alloc(0)
const MAX_HEADER_BYTES = 16_384
const OVERLOADED_RETRY_AFTER_SECONDS = '2'
/** Bytes of bodies that may be on their way at once. */
const MAX_BYTES_BEING_READ = 128 * 1_048_576
/** What the metric says of a body that was not read to its end, by status. */
const refusedEnds: Readonly<Record<number, string>> = { 413: 'too-large', 503: 'overloaded' }

declare module 'fastify' {
  interface FastifyRequest {
    /** The source of the request's path. */
    source: Source | undefined
  }
}

/** Creates the public server: one path per source, nothing else. Call `listen` on it. */
export function createPublicServer(options: PublicServerOptions): FastifyInstance {
  const { timeouts, metrics } = options
  const ended = new WeakSet<Socket>()
  /** Counts what ends a connection, once: a request that is too slow is also cut, and its body breaks off. */
  const countEnd = (socket: Socket, result: string, source = 'unknown') => {
    if (ended.has(socket)) return
    ended.add(socket)
    metrics.count('murmuration_ingress_webhooks_total', { source, result })
  }
  const server = fastify({
    logger: false,
    requestTimeout: timeouts.requestMs,
    // `endConnections` sees to them.
    forceCloseConnections: false,
    // What still comes on an open connection while the server closes is taken: Kafka is there until the last answer.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    http: {
      IncomingMessage: WebhookRequest,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: Math.min(1_000, timeouts.headersMs),
      maxHeaderSize: MAX_HEADER_BYTES,
      // Refused by `admitRequest`, where it is counted.
      requireHostHeader: false,
    },
    // What is no HTTP, has too large headers or is too slow is answered by Node itself.
    clientErrorHandler: (error, socket) => {
      countEnd(socket, endOf(error.code))
      if (error.code === 'ECONNRESET' || !socket.writable) return
      socket.end(`HTTP/1.1 ${statusLineOf(error.code)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    },
    // A path that can't be decoded: it gets to no hook.
    frameworkErrors: (_, request, reply: FastifyReply) => {
      countEnd(request.raw.socket, 'malformed')
      reply.header('connection', 'close').code(400).send({ error: 'bad request' })
    },
  })
  // Somebody who has said all that he wants to may still wait for the answer.
  Object.assign(server.server, { httpAllowHalfOpen: true })
  server.server.maxConnections = options.maxConnections
  server.server.on('connection', options.turns.accepted)
  server.server.on('drop', () => metrics.count('murmuration_ingress_connections_dropped_total', {}))

  const ends = endConnections(server, { ...timeouts, maxConnections: options.maxConnections })
  /** What clients may count on; Node would say so itself if it ended idle connections. */
  const keepAlive = `timeout=${Math.floor(timeouts.keepAliveMs / 1_000)}`
  server.decorateRequest('source', undefined)
  // With a callback: an async hook would make each webhook wait for a promise more.
  server.addHook('onRequest', (request, reply, done) => {
    const refusal = ends.isOneTooMany(request, reply.raw) ? tooManyAtOnce : admitRequest(request, options)
    if (refusal === undefined) return done()
    countEnd(request.raw.socket, refusal.result, refusal.source)
    // The body was not read: what follows on this connection can't be told from it.
    reply.headers({ ...refusal.headers, connection: 'close' }).code(refusal.status)
    reply.send({ error: refusal.error })
  })
  // The signature covers the bytes, so no parser may touch them, and a content type that is none is no reason for 415.
  server.addHttpMethod('POST', { hasBody: false, overrideExisting: true })
  const budget = createBodyBudget(MAX_BYTES_BEING_READ)
  server.setErrorHandler((error: { code?: string }, request, reply) => {
    const status = statusOf(error)
    countEnd(request.raw.socket, refusedEnds[status] ?? endOf(error.code), request.source?.name)
    reply.header('connection', 'close').code(status)
    if (status === 503) {
      options.refusals.write('large bodies', { source: request.source?.name, status, reason: OVER_BUDGET })
      reply.header('retry-after', OVERLOADED_RETRY_AFTER_SECONDS)
    }
    return reply.send({ error: error instanceof BodyRefusedError ? error.message : 'bad request' })
  })
  function readBody(request: FastifyRequest, ended: BodyEnd): void {
    const maxBytes = request.source?.maxBodyBytes ?? options.maxBodyBytes
    if (request.method === 'GET') ended.whole(NO_BODY)
    else collectBody(request.raw as WebhookRequest, { maxBytes, budget }, ended)
  }
  /** Receives a webhook that has come whole, when its turn comes. */
  function takeTurn(request: FastifyRequest, reply: FastifyReply, rawBody: Buffer): void {
    const cameMs = performance.now()
    ends.begin(request)
    budget.bytes += rawBody.length
    options.turns.run(() => void respond(request, reply, { rawBody, cameMs }), rawBody.length)
  }
  async function respond(request: FastifyRequest, reply: FastifyReply, came: Came): Promise<void> {
    budget.bytes -= came.rawBody.length
    try {
      send(request, reply, await receiveRequest(request, came, options))
    } catch (error) {
      const { socket } = request.raw
      // The request has come whole: to destroy that one would leave its connection open.
      socket.destroy()
      options.logger.error('a webhook could not be answered; its connection was ended', errorLogFields(error))
      // Beside the result that it may have had. Where log or metrics fail for good, this ends the process.
      countEnd(socket, 'unanswered', request.source?.name)
    }
  }
  function send(request: FastifyRequest, reply: FastifyReply, answer: WebhookAnswer): void {
    ends.end(request)
    // While the server closes, a connection ends with the answer that it waits for; so does a stranger's when there are many.
    const isLast = ends.isClosing() || (answer.status === 401 && ends.isCrowded())
    const headers: OutgoingHttpHeaders = isLast ? { connection: 'close' } : { 'keep-alive': keepAlive }
    if (answer.retryAfterSeconds !== undefined) headers['retry-after'] = String(answer.retryAfterSeconds)
    headers['content-type'] = 'application/json; charset=utf-8'
    headers['content-length'] = answer.body.length
    // Past Fastify, whose way to the same two calls costs as much as the signature.
    reply.hijack()
    reply.raw.writeHead(answer.status, headers).end(answer.body, 'latin1')
  }
  server.all('/*', (request, reply) => {
    readBody(request, {
      whole: (rawBody) => takeTurn(request, reply, rawBody),
      // Not in the middle of what the parser does.
      failed: (error) => queueMicrotask(() => reply.send(error)),
    })
  })
  return server
}

/** Not by its source: nothing of it has been looked at. */
const tooManyAtOnce: Refusal = {
  status: 503,
  result: 'overloaded',
  error: 'too many requests without waiting for an answer',
  headers: { 'retry-after': OVERLOADED_RETRY_AFTER_SECONDS },
}

interface Refusal {
  readonly status: number
  readonly result: string
  readonly error: string
  /** Name of the source, where the path tells it. */
  readonly source?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Finds the request's source, and refuses what needs no body to be refused. Sets `request.source`. */
function admitRequest(request: FastifyRequest, options: PublicServerOptions): Refusal | undefined {
  const { url = '', method = '', httpVersion, headers } = request.raw
  if (headers.host === undefined && httpVersion === '1.1') {
    return { status: 400, result: 'malformed', error: 'bad request' }
  }
  const query = url.indexOf('?')
  const source = options.sources.find(query === -1 ? url : url.slice(0, query))
  if (source === undefined) return { status: 404, result: 'not-found', error: 'no source has this path' }
  const { name } = source
  const methods = methodsOf(source)
  if (!methods.includes(method)) {
    const allow = { allow: methods.join(', ') }
    return { source: name, status: 405, result: 'not-found', error: 'method not allowed', headers: allow }
  }
  if (options.overload() !== undefined) {
    const retry = { 'retry-after': OVERLOADED_RETRY_AFTER_SECONDS }
    return { source: name, status: 503, result: 'overloaded', error: 'overloaded', headers: retry }
  }
  if (Number(headers['content-length'] ?? 0) > (source.maxBodyBytes ?? options.maxBodyBytes)) {
    return { source: name, status: 413, result: 'too-large', error: 'the webhook is too large' }
  }
  request.source = source
  return undefined
}

/** MessageBird calls back by GET too, with the facts in the query. */
function methodsOf(source: Source): readonly string[] {
  return source.scheme.startsWith('messagebird-') ? ['POST', 'GET'] : ['POST']
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  const isOurs = error instanceof BodyRefusedError || (typeof status === 'number' && status >= 400 && status < 500)
  return isOurs && typeof status === 'number' ? status : 400
}

/** What ended a connection, as the metric says it: somebody who went away is no attack, and no defect of ours. */
function endOf(code: string | undefined): 'aborted' | 'too-slow' | 'malformed' {
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'aborted'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'too-slow' : 'malformed'
}

function statusLineOf(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout'
  return code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
}
