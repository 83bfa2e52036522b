import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'
import { createFindingCounter } from './finding-counter.ts'
import {
  createCountingMetrics,
  createFakePublisher,
  createLogs,
  endlessTurns,
  nowMs,
  openLimiter,
  signatureOf,
  source,
} from './ingress.fixture.ts'
import { createPublicServer } from './public-server.ts'
import { createSourceTable } from './source-table.ts'
import { writeReceipt } from './webhook-route.ts'

type Logs = ReturnType<typeof createLogs>

let server: FastifyInstance
afterEach(() => server.close())

async function given({ newId = () => 'raw-1', ...logs }: Partial<Logs & { newId: () => string }> = {}) {
  const metrics = createCountingMetrics()
  const sources = createSourceTable([source])
  server = createPublicServer({
    ...createLogs(),
    ...logs,
    sources,
    metrics,
    findings: createFindingCounter({ sources: sources.list, maxPerSecond: 5, metrics, nowMs: () => 0 }),
    publisher: createFakePublisher(),
    window: createDuplicateWindow({ maxEvents: 100 }),
    limiter: openLimiter,
    contactKeySecret: 'contact key secret of the tests',
    maxBodyBytes: 4_096,
    maxConnections: 100,
    timeouts: { headersMs: 5_000, requestMs: 10_000, keepAliveMs: 60_000, drainMs: 0, lingerMs: 3_000 },
    turns: endlessTurns,
    overload: () => undefined,
    now: () => nowMs,
    newId,
  })
  const address = await server.listen({ host: '127.0.0.1', port: 0 })
  const post = async (signed: string, sent: string) => {
    const headers = { 'content-type': 'application/json', ...signatureOf(Buffer.from(signed)) }
    const answer = await fetch(`${address}/webhooks/sample?tenant=a`, { method: 'POST', headers, body: sent })
    return { status: answer.status, body: await answer.text() }
  }
  return { metrics, post }
}

describe('the webhook route', () => {
  it('counts what the doctor finds in a refused webhook, and answers 401 as to any other', async () => {
    const { metrics, post } = await given()
    const edited = await post('{"a":1}', '{"a": 1}')
    const forged = await post('{"a":1}', '{"a":2}')
    expect([edited.status, edited.body]).toEqual([401, forged.body])
    const series = (finding: string) =>
      `murmuration_ingress_signature_findings_total{source="sample",finding="${finding}"}`
    expect(await metrics.value(series('body-reserialised'))).toBe(1)
    expect(await metrics.value(series('unknown'))).toBe(1)
  })

  it('asks no doctor about a webhook that is accepted', async () => {
    const { metrics, post } = await given()
    const { status } = await post(
      '{"service":"numbers","event":"x","payload":{"id":"1"}}',
      '{"service":"numbers","event":"x","payload":{"id":"1"}}',
    )
    expect(status).toBe(202)
    expect((await metrics.expose()).text).not.toMatch(/^murmuration_ingress_signature_findings_total\{/m)
  })

  it('answers, so that Bird repeats, when its receipt can not be written', async () => {
    const { post } = await given({ newId: () => ({ notText: true }) as unknown as string })
    const body = '{"service":"numbers","event":"x","payload":{"id":"1"}}'
    expect(await post(body, body)).toEqual({ status: 503, body: '{"error":"MUR_UNCLASSIFIED"}' })
  })

  it('ends the connection of a webhook that can not be answered, and lets the server close', async () => {
    const write = () => {
      throw new TypeError('a defect')
    }
    const { metrics, post } = await given({ refusals: { ...createLogs().refusals, write } })
    await expect(post('{"a":1}', '{"a":2}')).rejects.toThrow('fetch failed')
    await server.close()
    const series = (result: string) => `murmuration_ingress_webhooks_total{source="sample",result="${result}"}`
    expect(await metrics.value(series('unanswered'))).toBe(1)
    expect(await metrics.value(series('rejected'))).toBe(1)
  })

  it('writes a receipt as JSON.stringify does, whatever an id is made of', () => {
    const ids = fc.array(fc.string({ unit: fc.constantFrom('"', '\\', 'a', ':', '%', '~') }))
    fc.assert(
      fc.property(
        fc.constantFrom('accepted', 'duplicate', 'unreadable'),
        fc.option(fc.uuid()),
        ids,
        (result, rawRef, eventIds) => {
          expect(writeReceipt({ result, rawRef, eventIds })).toBe(JSON.stringify({ result, rawRef, eventIds }))
        },
      ),
    )
  })
})
