import type { IncomingHttpHeaders } from 'node:http'
import { SignatureRejectedError, type UnverifiedWebhook } from '@murmuration/bird'
import { errorCodeOf, errorLogFields } from '@murmuration/errors'
import type { FastifyRequest } from 'fastify'
import { toHttpAnswer } from './http-status.ts'
import { type Receipt, type ReceiveDeps, receiveWebhook } from './receive-webhook.ts'
import type { Source } from './sources.ts'

/** What is answered to Bird. */
export interface WebhookAnswer {
  readonly status: number
  /** JSON, in ASCII. */
  readonly body: string
  readonly retryAfterSeconds?: number | undefined
}

/** A body that has come whole. */
export interface Came {
  /** Its exact bytes; the size limit has been enforced while they were read: 413. */
  readonly rawBody: Buffer
  /** When, monotonic: what waits for its turn waits for its answer too, and its deadline counts from then. */
  readonly cameMs: number
}

/** The public route: read, receive, reply. The source has been found by its path. */
export async function receiveRequest(
  request: FastifyRequest,
  { rawBody, cameMs }: Came,
  deps: ReceiveDeps,
): Promise<WebhookAnswer> {
  const { source } = request
  if (source === undefined) throw new TypeError('a request without a source was not refused')
  const webhook = readWebhook(request, rawBody, source)
  try {
    return accept(await receiveWebhook(webhook, { source, cameMs }, deps), source, deps)
  } catch (error) {
    return refuse(error, webhook, source, deps)
  } finally {
    const seconds = (performance.now() - cameMs) / 1_000
    deps.metrics.observe('murmuration_ingress_answer_seconds', { source: source.name }, seconds)
  }
}

/** The exact bytes, headers and query, with the configured URLs. */
function readWebhook({ raw }: FastifyRequest, rawBody: Buffer, source: Source): UnverifiedWebhook {
  const { url = '' } = raw
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  return { rawBody, urls: source.publicUrls, query, headers: readHeaders(raw.headers) }
}

/** As Node gives them: `set-cookie` alone, which no sender of webhooks has, comes as a list. */
function readHeaders(headers: IncomingHttpHeaders): UnverifiedWebhook['headers'] {
  const { 'set-cookie': cookies } = headers
  const texts = cookies === undefined ? headers : { ...headers, 'set-cookie': cookies.join(', ') }
  return texts as UnverifiedWebhook['headers']
}

function accept(receipt: Receipt, source: Source, deps: ReceiveDeps): WebhookAnswer {
  const body = writeReceipt(receipt)
  deps.metrics.count('murmuration_ingress_webhooks_total', { source: source.name, result: receipt.result })
  return { status: 202, body }
}

/** As JSON.stringify writes it, in a fraction of the time that it takes in a busy server. */
export function writeReceipt({ result, rawRef, eventIds }: Receipt): string {
  const ref = rawRef === null ? 'null' : quote(rawRef)
  return `{"result":"${result}","rawRef":${ref},"eventIds":[${eventIds.map(quote).join(',')}]}`
}

/** Ids are printable ASCII, of which JSON escapes two characters. */
function quote(id: string): string {
  return id.includes('"') || id.includes('\\') ? JSON.stringify(id) : `"${id}"`
}

function refuse(error: unknown, webhook: UnverifiedWebhook, source: Source, deps: ReceiveDeps): WebhookAnswer {
  const answer = toHttpAnswer(error)
  deps.metrics.count('murmuration_ingress_webhooks_total', { source: source.name, result: answer.result })
  if (error instanceof SignatureRejectedError) {
    const labels = { source: source.name, reason: error.reason }
    deps.metrics.count('murmuration_ingress_signature_rejections_total', labels)
    deps.findings.count(webhook, source, deps.now())
  }
  const { status, retryAfterSeconds } = answer
  deps.refusals.write(`${source.name} ${answer.result}`, { source: source.name, status, ...errorLogFields(error) })
  return { status, body: JSON.stringify({ error: errorCodeOf(error) }), retryAfterSeconds }
}
