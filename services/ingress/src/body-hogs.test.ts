import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
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

const MEBIBYTE = 1_048_576
/** More than the bodies of all connections may hold together. */
const HOGS = 140

const sockets: Socket[] = []
const logs = createLogs()
const metrics = createCountingMetrics()
const server = createPublicServer({
  sources: createSourceTable([source]),
  publisher: createFakePublisher(),
  window: createDuplicateWindow({ maxEvents: 100 }),
  limiter: openLimiter,
  metrics,
  ...logs,
  contactKeySecret: 'contact key secret of the tests',
  maxBodyBytes: MEBIBYTE,
  maxConnections: 1_000,
  timeouts: { headersMs: 5_000, requestMs: 30_000, keepAliveMs: 60_000, drainMs: 0, lingerMs: 0 },
  turns: endlessTurns,
  overload: () => undefined,
  now: () => nowMs,
  newId: () => 'raw-1',
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await server.close()
})

it('takes webhooks while strangers who hold a megabyte each fill the room of all bodies, and tells of it', async () => {
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(url).port)
  const told: string[] = []
  const body = Buffer.alloc(MEBIBYTE - 1, 'x')
  const hold = async () => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    socket.on('data', (answer: Buffer) => told.push(String(answer).slice(9, 12)))
    socket.on('error', () => undefined)
    socket.write(`POST ${source.path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${MEBIBYTE}\r\n\r\n`)
    socket.write(body)
  }
  await Promise.all(Array.from({ length: HOGS }, hold))
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(HOGS - 128)
  for (let webhook = 0; webhook < 20; webhook += 1) {
    const rawBody = unknownEvent(`hogs-${webhook}`)
    const post = { method: 'POST', headers: signatureOf(rawBody), body: new Uint8Array(rawBody) }
    expect((await fetch(`${url}${source.path}`, post)).status).toBe(202)
  }
  expect(new Set(told)).toEqual(new Set(['503']))
  const series = 'murmuration_ingress_webhooks_total{source="sample",result="overloaded"}'
  expect(await metrics.value(series)).toBe(told.length)
  expect(logs.logger.lines[0]).toContain('bodies on their way fill their room')
}, 30_000)
