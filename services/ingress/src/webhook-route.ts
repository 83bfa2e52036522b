import { SignatureRejectedError, type UnverifiedWebhook } from '@murmuration/bird'
import { errorCodeOf, errorLogFields } from '@murmuration/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toHttpAnswer } from './http-status.ts'
import { type Receipt, type ReceiveDeps, receiveWebhook } from './receive-webhook.ts'
import type { Source } from './sources.ts'

const NO_BODY = Buffer.alloc(0)

/** The public route: read, receive, reply. The source has been found by its path. */
export async function receiveRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ReceiveDeps,
): Promise<FastifyReply> {
  const { source } = request
  if (source === undefined) throw new TypeError('a request without a source was not refused')
  const startedMs = deps.now()
  try {
    const receipt = await receiveWebhook(readWebhook(request, source), source, deps)
    return accept(reply, receipt, source, deps)
  } catch (error) {
    return refuse(reply, error, source, deps)
  } finally {
    const seconds = (deps.now() - startedMs) / 1_000
    deps.metrics.observe('murmuration_ingress_answer_seconds', { source: source.name }, seconds)
  }
}

/** The exact bytes, headers and query, with the configured URLs. The size limit has been enforced while reading: 413. */
function readWebhook(request: FastifyRequest, source: Source): UnverifiedWebhook {
  const rawBody = Buffer.isBuffer(request.body) ? request.body : NO_BODY
  const headers: Record<string, string | undefined> = {}
  for (const name in request.headers) {
    const value = request.headers[name]
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  headers['content-type'] = readContentType(request)
  const { url = '' } = request.raw
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  return { rawBody, urls: source.publicUrls, query, headers }
}

/** The first Content-Type as sent. From the raw headers: the public server hides it from the framework. */
function readContentType(request: FastifyRequest): string | undefined {
  const { rawHeaders } = request.raw
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type')
  return at === -1 ? undefined : rawHeaders[at + 1]
}

function accept(reply: FastifyReply, receipt: Receipt, source: Source, deps: ReceiveDeps): FastifyReply {
  deps.metrics.count('murmuration_ingress_webhooks_total', { source: source.name, result: receipt.result })
  return reply.code(202).send(receipt)
}

function refuse(reply: FastifyReply, error: unknown, source: Source, deps: ReceiveDeps): FastifyReply {
  const answer = toHttpAnswer(error)
  deps.metrics.count('murmuration_ingress_webhooks_total', { source: source.name, result: answer.result })
  if (error instanceof SignatureRejectedError) {
    const labels = { source: source.name, reason: error.reason }
    deps.metrics.count('murmuration_ingress_signature_rejections_total', labels)
  }
  deps.logger.warn('a webhook was refused', { source: source.name, status: answer.status, ...errorLogFields(error) })
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', String(answer.retryAfterSeconds))
  return reply.code(answer.status).send({ error: errorCodeOf(error) })
}
