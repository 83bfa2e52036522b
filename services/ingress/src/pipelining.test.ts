import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDuplicateWindow } from './duplicate-window.ts'
import {
  createCountingMetrics,
  createFakePublisher,
  createLogs,
  endlessTurns,
  nowMs,
  openLimiter,
  signatureOf,
  source,
  unknownEvent,
} from './ingress.fixture.ts'
import { createPublicServer } from './public-server.ts'
import { createSourceTable } from './source-table.ts'

let server: FastifyInstance
let port = 0
let begun = 0
let metrics = createCountingMetrics()
const publisher = createFakePublisher()

beforeEach(async () => {
  begun = 0
  metrics = createCountingMetrics()
  server = createPublicServer({
    sources: createSourceTable([source]),
    publisher,
    window: createDuplicateWindow({ maxEvents: 100 }),
    limiter: openLimiter,
    metrics,
    ...createLogs(),
    contactKeySecret: 'contact key secret of the tests',
    maxBodyBytes: 4_096,
    maxConnections: 4,
    timeouts: { headersMs: 5_000, requestMs: 5_000, keepAliveMs: 60_000, drainMs: 50, lingerMs: 100 },
    turns: {
      ...endlessTurns,
      run: (work, bytes) => {
        begun += 1
        endlessTurns.run(work, bytes)
      },
    },
    overload: () => undefined,
    now: () => nowMs,
    newId: () => 'raw-1',
  })
  port = Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterEach(() => server.close())

function signedRequest(id: string): string {
  const rawBody = unknownEvent(id)
  const headers = Object.entries(signatureOf(rawBody)).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${source.path} HTTP/1.1\r\nhost: a\r\n${headers.join('')}content-length: ${rawBody.length}\r\n\r\n${rawBody}`
}

/** Sends requests in one piece, and returns the statuses that come until the server closes the connection. */
async function statusesOf(requests: readonly string[], afterwards: 'say goodbye' | 'wait'): Promise<readonly string[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'connect')
  if (afterwards === 'say goodbye') socket.end(requests.join(''))
  else socket.write(requests.join(''))
  await once(socket, 'end')
  socket.destroy()
  const text = Buffer.concat(chunks).toString('latin1')
  return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status ?? '')
}

const requests = (count: number, name: string) =>
  Array.from({ length: count }, (_, at) => signedRequest(`${name}-${at}`))

it('answers whoever has said all that he wants to, and closes his half', async () => {
  expect(await statusesOf(requests(1, 'one'), 'say goodbye')).toEqual(['202'])
  expect(await statusesOf(requests(10, 'ten'), 'say goodbye')).toEqual(Array(10).fill('202'))
})

it.each([
  ['in its headers', `POST ${source.path} HTTP/1.1\r\nhost: a\r\n`],
  ['in its body', signedRequest('half').slice(0, -1)],
])('ends a connection whose half is closed %s, and says why', async (_, half) => {
  expect(await statusesOf([half], 'say goodbye')).toEqual(['400'])
  expect(begun).toBe(0)
  expect((await metrics.expose()).text).toMatch(/webhooks_total\{source="\w+",result="malformed"\} 1/)
})

it('takes no more than a few requests that wait for no answer, tells one that it is too many, and ends the connection', async () => {
  const statuses = await statusesOf(requests(400, 'many'), 'wait')
  expect(begun).toBe(17)
  expect(statuses.slice(0, 18)).toEqual([...Array(17).fill('202'), '503'])
  expect(statuses.slice(18).every((status) => status === '503')).toBe(true)
  expect((await metrics.expose()).text).toContain('webhooks_total{source="unknown",result="overloaded"} 1')
})
