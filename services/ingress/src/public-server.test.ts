import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { signMessagebirdQuery } from '@murmuration/bird'
import { KafkaUnavailableError } from '@murmuration/kafka'
import type { RawWebhook } from '@murmuration/schemas'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'
import {
  createCountingMetrics,
  createFakePublisher,
  createLogs,
  endlessTurns,
  inboundMessage,
  nowMs,
  openLimiter,
  signatureOf,
  signingKey,
  source,
  unknownEvent,
} from './ingress.fixture.ts'
import { createPublicServer } from './public-server.ts'
import { createSourceTable } from './source-table.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface Post {
  readonly path?: string
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body: Buffer
  /** `chunked` sends the body in two chunks and states no length. */
  readonly send?: 'whole' | 'chunked'
}

function given() {
  let ids = 0
  const deps = {
    publisher: createFakePublisher(),
    window: createDuplicateWindow({ maxEvents: 100 }),
    metrics: createCountingMetrics(),
    ...createLogs(),
    limiter: openLimiter,
    contactKeySecret: 'contact key secret of the tests',
    maxBodyBytes: 4_096,
    maxConnections: 100,
    timeouts: { headersMs: 5_000, requestMs: 10_000, keepAliveMs: 60_000, drainMs: 0, lingerMs: 3_000 },
    turns: endlessTurns,
    overload: (): string | undefined => undefined,
    now: () => nowMs,
    newId: () => {
      ids += 1
      return `raw-${ids}`
    },
  }
  const sources = createSourceTable([
    source,
    { ...source, name: 'other', path: '/other' },
    { ...source, name: 'callbacks', path: '/callbacks', scheme: 'messagebird-query', publicUrls: [] },
    { ...source, name: 'small', path: '/small', maxBodyBytes: 100 },
  ])
  return { ...deps, sources, server: createPublicServer({ ...deps, sources }) }
}

let deps: ReturnType<typeof given>
let port = 0

beforeEach(async () => {
  deps = given()
  port = await listen(deps.server)
})
afterEach(() => deps.server.close())

async function listen(server: FastifyInstance): Promise<number> {
  return Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
}

function post(input: Post): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const length = input.send === 'chunked' ? {} : { 'content-length': input.body.length }
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path: input.path ?? source.path,
    method: input.method ?? 'POST',
    headers: { ...length, ...input.headers },
    agent: false,
  })
  request.on('error', reject)
  request.on('response', (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
    })
  })
  if (input.send === 'chunked') {
    const half = Math.floor(input.body.length / 2)
    request.write(input.body.subarray(0, half))
    request.end(input.body.subarray(half))
  } else request.end(input.body)
  return promise
}

function postSigned(body: Buffer, headers: OutgoingHttpHeaders = {}, send: Post['send'] = 'whole') {
  return post({ body, headers: { ...signatureOf(body), ...headers }, send })
}

function rawOf(request: number): RawWebhook {
  return (deps.publisher.requests[request]?.[0]?.event ?? {}) as RawWebhook
}

describe('the public server, to a signed webhook', () => {
  it('answers 202 with the result, the id of the raw record and the event ids', async () => {
    const answer = await postSigned(inboundMessage, { 'content-type': 'application/json' })
    expect(answer.status).toBe(202)
    const body = JSON.parse(answer.text)
    expect(Object.keys(body).toSorted()).toEqual(['eventIds', 'rawRef', 'result'])
    expect(body).toMatchObject({ result: 'accepted', rawRef: 'raw-1', eventIds: [expect.stringContaining('ws-1')] })
  })

  it.each([
    'application/json',
    'application/json; charset=iso-8859-1',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'json',
    'application/json;;; =',
    '*/*',
    '',
  ])('publishes its bytes exactly, and its content type as sent, when that is "%s"', async (contentType) => {
    const body = Buffer.from(
      '{ "service":"numbers",\r\n\t"event":"a=b&c=%7B\\u00e9","payload":{"n":1.00000000000000000001} }',
    )
    expect((await postSigned(body, { 'content-type': contentType })).status).toBe(202)
    expect(rawOf(0).body).toEqual(body)
    expect(rawOf(0).contentType).toBe(contentType)
  })

  it('takes it without a content type', async () => {
    expect((await postSigned(inboundMessage)).status).toBe(202)
    expect(rawOf(0).body).toEqual(inboundMessage)
    expect(rawOf(0).contentType).toBeNull()
  })

  it.each([{}, { 'content-type': 'application/json' }])('takes it in chunks, with headers %o', async (headers) => {
    expect((await postSigned(inboundMessage, headers, 'chunked')).status).toBe(202)
    expect(rawOf(0).body).toEqual(inboundMessage)
  })

  it('keeps bytes that are no text', async () => {
    const body = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x80])
    const answer = await postSigned(body)
    expect([answer.status, JSON.parse(answer.text).result]).toEqual([202, 'unreadable'])
    expect(rawOf(0).body).toEqual(body)
  })

  it.each([{}, { 'content-type': 'application/json' }])(
    'keeps an empty body as unreadable, with headers %o',
    async (headers) => {
      const answer = await postSigned(Buffer.alloc(0), headers)
      expect([answer.status, JSON.parse(answer.text).result]).toEqual([202, 'unreadable'])
      expect(rawOf(0).body).toEqual(Buffer.alloc(0))
    },
  )

  it('verifies against the configured public URL, whatever Host and forwarded headers say', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher' }
    expect((await postSigned(inboundMessage, headers)).status).toBe(202)
  })

  it('finds the source by its path: a query string does not matter', async () => {
    const answer = await post({
      path: `${source.path}?tenant=b`,
      body: inboundMessage,
      headers: signatureOf(inboundMessage),
    })
    expect(answer.status).toBe(202)
  })

  it('keeps the request id that Bird sends', async () => {
    await postSigned(inboundMessage, { 'messagebird-request-id': 'req-1' })
    expect(rawOf(0).requestId).toBe('req-1')
  })

  it('answers a redelivery 202 as a duplicate', async () => {
    await postSigned(inboundMessage)
    const answer = await postSigned(inboundMessage)
    expect([answer.status, JSON.parse(answer.text).result]).toEqual([202, 'duplicate'])
    expect(deps.publisher.requests).toHaveLength(1)
  })

  it('counts it by source and result', async () => {
    await postSigned(inboundMessage)
    const series = 'murmuration_ingress_webhooks_total{source="sample",result="accepted"}'
    expect(await deps.metrics.value(series)).toBe(1)
  })
})

describe('the public server, while Kafka does not acknowledge', () => {
  it('answers 503 with the seconds after which to come back, and takes the redelivery later', async () => {
    deps.publisher.failWith(new KafkaUnavailableError('no answer in 1800 ms'))
    const answer = await postSigned(inboundMessage)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
    expect(JSON.parse(answer.text)).toEqual({ error: 'MUR_KAFKA_UNAVAILABLE' })
    deps.publisher.failWith(undefined)
    expect(JSON.parse((await postSigned(inboundMessage)).text).result).toBe('accepted')
  })

  it('does not answer before the acknowledgement, and a slow one holds up no other request', async () => {
    const acknowledge = deps.publisher.hold()
    const answered: string[] = []
    const slow = postSigned(inboundMessage).then(() => answered.push('slow'))
    const unsigned = await post({ body: inboundMessage })
    expect(unsigned.status).toBe(401)
    expect((await post({ body: inboundMessage, path: '/nowhere' })).status).toBe(404)
    expect(answered).toEqual([])
    acknowledge()
    await slow
    expect(answered).toEqual(['slow'])
  })

  it('publishes webhooks side by side: a later one does not wait for an earlier one', async () => {
    const acknowledgeFirst = deps.publisher.hold()
    const first = postSigned(unknownEvent('first'))
    await expect.poll(() => deps.publisher.requests.length).toBe(1)
    deps.publisher.hold()()
    expect((await postSigned(unknownEvent('second'))).status).toBe(202)
    acknowledgeFirst()
    expect((await first).status).toBe(202)
  })
})

describe('the public server, to anything else', () => {
  it.each([
    ['is not signed', {}, 'signature-missing'],
    ['was signed with another key', signatureOf(inboundMessage, 'another key'), 'no-key-matches'],
    ['was signed for another body', signatureOf(Buffer.from('{}')), 'no-key-matches'],
    [
      'has a malformed signature',
      { ...signatureOf(inboundMessage), 'messagebird-signature': 'x' },
      'signature-malformed',
    ],
  ])('answers 401 when a webhook %s, and counts the reason', async (_, headers, reason) => {
    const answer = await post({ body: inboundMessage, headers })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([401, { error: 'MUR_SIGNATURE_REJECTED' }])
    expect(answer.headers['retry-after']).toBeUndefined()
    const series = `murmuration_ingress_signature_rejections_total{source="sample",reason="${reason}"}`
    expect(await deps.metrics.value(series)).toBe(1)
    expect(deps.publisher.requests).toEqual([])
  })

  it('says nothing of the signature, the key or the body in its answer or its log', async () => {
    const headers = signatureOf(inboundMessage, 'another key')
    const answer = await post({ body: inboundMessage, headers: { ...headers, 'x-probe': 'probe-value' } })
    const said = `${answer.text}${JSON.stringify(answer.headers)}${deps.logger.lines.join('\n')}`
    expect(deps.logger.lines).toHaveLength(1)
    for (const secret of [headers['messagebird-signature'] ?? '', 'signing key of', 'probe-value', 'payload', '+57']) {
      expect(said).not.toContain(secret)
    }
  })

  it('answers 401 when a signature header came twice, even when one of them is right', async () => {
    const right = signatureOf(inboundMessage)
    const headers = { ...right, 'messagebird-signature': [right['messagebird-signature'] ?? '', 'x'] }
    expect((await post({ body: inboundMessage, headers })).status).toBe(401)
  })

  it.each(['whole', 'chunked'] as const)(
    'answers 413 to a body beyond the limit, sent %s, and counts it',
    async (send) => {
      const body = Buffer.alloc(deps.maxBodyBytes + 1, 'x')
      const answer = await post({ body, headers: signatureOf(body), send })
      expect([answer.status, JSON.parse(answer.text)]).toEqual([413, { error: 'the webhook is too large' }])
      const series = 'murmuration_ingress_webhooks_total{source="sample",result="too-large"}'
      expect(await deps.metrics.value(series)).toBe(1)
      expect(deps.publisher.requests).toEqual([])
    },
  )

  it('takes a body of exactly the limit', async () => {
    const body = Buffer.from(`{"event":"${'x'.repeat(deps.maxBodyBytes - 12)}"}`)
    expect(body).toHaveLength(deps.maxBodyBytes)
    expect((await postSigned(body)).status).toBe(202)
  })

  it.each([
    ['POST', '/'],
    ['POST', `${source.path}/more`],
    ['POST', '/metrics'],
    ['GET', '/health/ready'],
    ['OPTIONS', '*'],
  ])('answers 404 to %s %s: nothing but the sources lives on the public port', async (method, path) => {
    const body = method === 'GET' ? Buffer.alloc(0) : inboundMessage
    expect((await post({ method, path, body, headers: signatureOf(inboundMessage) })).status).toBe(404)
    expect(deps.publisher.requests).toEqual([])
  })

  it('does not take the signature of one source for another with other keys', async () => {
    const strict = { ...source, signingKeys: [{ id: 'k2', secret: 'the key of the other source' }] }
    const server = createPublicServer({ ...deps, sources: createSourceTable([strict]) })
    const own = port
    port = await listen(server)
    expect((await postSigned(inboundMessage)).status).toBe(401)
    port = own
    await server.close()
  })

  it.each([
    ['GET', source.path, 'POST'],
    ['PUT', source.path, 'POST'],
    ['DELETE', '/callbacks', 'POST, GET'],
  ])('answers 405 to %s %s and says what it takes', async (method, path, allow) => {
    const answer = await post({ method, path, body: Buffer.alloc(0), headers: signatureOf(inboundMessage) })
    expect([answer.status, answer.headers.allow]).toEqual([405, allow])
  })

  it('holds a source to a limit of its own', async () => {
    const body = Buffer.alloc(101, 'x')
    expect((await post({ path: '/small', body, send: 'chunked' })).status).toBe(413)
    expect((await post({ path: '/small', body })).status).toBe(413)
    expect((await post({ path: '/small', body: body.subarray(1) })).status).toBe(401)
  })

  it('does not read a body that announces too much', async () => {
    const answer = await post({ body: Buffer.alloc(0), headers: { 'content-length': 999_999 } })
    expect([answer.status, answer.headers.connection]).toEqual([413, 'close'])
  })
})

describe('the public server, when sources change', () => {
  it('serves a new path, and no longer one that is gone', async () => {
    deps.sources.replace([{ ...source, path: '/moved' }])
    expect((await postSigned(inboundMessage)).status).toBe(404)
    const answer = await post({ path: '/moved', body: inboundMessage, headers: signatureOf(inboundMessage) })
    expect(answer.status).toBe(202)
  })

  it('finishes a webhook under way with the source that it came for', async () => {
    const acknowledge = deps.publisher.hold()
    const underWay = postSigned(inboundMessage)
    await expect.poll(() => deps.publisher.requests.length).toBe(1)
    deps.sources.replace([])
    acknowledge()
    expect((await underWay).status).toBe(202)
  })
})

describe('the public server, for callbacks of MessageBird', () => {
  it('takes a GET whose facts are in its signed query, and keeps them', async () => {
    const query = 'id=m-1&status=delivered&recipient=31600000001'
    const headers = signMessagebirdQuery({
      key: signingKey.secret,
      timestamp: String(nowMs / 1_000),
      query,
      rawBody: Buffer.alloc(0),
    })
    const path = `/callbacks?${query}`
    const answer = await post({ method: 'GET', path, body: Buffer.alloc(0), headers: { ...headers } })
    expect(answer.status).toBe(202)
    expect(rawOf(0)).toMatchObject({ query, parseResult: 'parsed', scheme: 'messagebird-query' })
    const tampered = await post({ method: 'GET', path: `${path}0`, body: Buffer.alloc(0), headers: { ...headers } })
    expect(tampered.status).toBe(401)
  })
})
