import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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
  source,
} from './ingress.fixture.ts'
import { createPublicServer } from './public-server.ts'
import { createSourceTable } from './source-table.ts'

const MAX_CONNECTIONS = 4

let server: FastifyInstance
let port = 0
let overloaded: string | undefined
let deps: ReturnType<typeof createDeps>
const sockets: Socket[] = []

function createDeps() {
  return {
    sources: createSourceTable([source]),
    publisher: createFakePublisher(),
    window: createDuplicateWindow({ maxEvents: 100 }),
    limiter: openLimiter,
    metrics: createCountingMetrics(),
    ...createLogs(),
    contactKeySecret: 'contact key secret of the tests',
    maxBodyBytes: 4_096,
    maxConnections: MAX_CONNECTIONS,
    timeouts: { headersMs: 200, requestMs: 400, keepAliveMs: 60_000, drainMs: 50, lingerMs: 100 },
    turns: endlessTurns,
    overload: () => overloaded,
    now: () => nowMs,
    newId: () => 'raw-1',
  }
}

beforeEach(async () => {
  overloaded = undefined
  deps = createDeps()
  server = createPublicServer(deps)
  port = Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
})

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** How many connections the server has. */
const openRequests = () =>
  new Promise<number>((resolve) => server.server.getConnections((_, connections) => resolve(connections)))

/** Sends text, and returns everything that is answered until the server closes the connection. */
async function send(text: string): Promise<string> {
  const socket = await open()
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(text)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

const requestLine = `POST ${source.path} HTTP/1.1\r\nhost: a\r\n`

function signedRequest(extra = ''): string {
  const headers = Object.entries(signatureOf(inboundMessage)).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${requestLine}${headers.join('')}${extra}content-length: ${inboundMessage.length}\r\n\r\n${inboundMessage}`
}

async function works(): Promise<boolean> {
  return (await send(signedRequest('connection: close\r\n'))).startsWith('HTTP/1.1 202')
}

/** The engine's own collector, which programs don't get unasked. */
function requireGc(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** What was counted besides what `works` sends, as `source/result`. */
async function counted(): Promise<Record<string, number>> {
  const { text } = await deps.metrics.expose()
  const series = text.matchAll(/^murmuration_ingress_webhooks_total\{source="(.+?)",result="(.+?)"\} (\d+)$/gm)
  const all = [...series].map(([, name, result, times]) => [`${name}/${result}`, Number(times)] as const)
  return Object.fromEntries(all.filter(([name]) => !['sample/accepted', 'sample/duplicate'].includes(name)))
}

describe('the public server, to somebody who means no good', () => {
  it.each([
    ['says nothing', '', '408', 'too-slow'],
    ['never ends its headers', requestLine, '408', 'too-slow'],
    ['never sends its body', `${requestLine}content-length: 10\r\n\r\nabc`, '408', 'too-slow'],
    ['never ends its chunks', `${requestLine}transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n`, '408', 'too-slow'],
    ['sends headers without measure', `${requestLine}x: ${'y'.repeat(20_000)}\r\n\r\n`, '431', 'malformed'],
    ['speaks no HTTP', 'hello\r\n\r\n', '400', 'malformed'],
    ['names no host', `POST ${source.path} HTTP/1.1\r\n\r\n`, '400', 'malformed'],
    ['asks for a path that nobody can decode', 'POST /%zz HTTP/1.1\r\nhost: a\r\n\r\n', '400', 'malformed'],
    ['states two lengths', `${requestLine}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, '400', 'malformed'],
    [
      'states a length and chunks',
      `${requestLine}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      '400',
      'malformed',
    ],
    ['states a length that is no number', `${requestLine}content-length: ten\r\n\r\n`, '400', 'malformed'],
  ])('ends a connection that %s, says why, counts it once, and goes on', async (_, text, status, result) => {
    const answer = await send(text)
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    expect(answer).not.toMatch(/zz|FST_/)
    expect(await works()).toBe(true)
    expect(await counted()).toEqual({ [`unknown/${result}`]: 1 })
  })

  it.each([
    ['in its headers', requestLine, 'unknown/aborted'],
    ['in its body', `${requestLine}content-length: 10\r\n\r\nabc`, '/aborted'],
  ])('counts a request once that breaks off %s, as no attack', async (_, text, counts) => {
    const socket = await open()
    socket.write(text)
    await expect.poll(openRequests).toBe(1)
    socket.resetAndDestroy()
    await expect.poll(async () => Object.keys(await counted()).join()).toContain(counts)
    expect(await works()).toBe(true)
    expect(Object.values(await counted())).toEqual([1])
  })

  it('takes what came before garbage on one connection, and nothing after it', async () => {
    const answer = await send(`${signedRequest()}GARBAGE\r\n\r\n${signedRequest()}`)
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 400'])
    expect(deps.publisher.requests.length).toBeLessThanOrEqual(1)
    expect(await works()).toBe(true)
  })

  it('reads no further than the length that a request states', async () => {
    const short = signedRequest('connection: close\r\n').replace(/content-length: \d+/, 'content-length: 3')
    // The rest of the body is garbage on the connection; which of the two is told first is up to the parser.
    expect((await send(short)).slice(0, 12)).toMatch(/^HTTP\/1\.1 40[01]/)
    expect(deps.publisher.requests).toEqual([])
  })

  it('stops reading a body in chunks at the limit', async () => {
    const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`
    const answer = await send(`${requestLine}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`)
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 413')
    expect(answer).toContain('connection: close')
  })

  it('keeps nothing of a refused body on a connection that stays open', async () => {
    const collect = requireGc()
    const requests: WeakRef<object>[] = []
    server.server.on('request', (request) => requests.push(new WeakRef(request)))
    const body = 'x'.repeat(4_000)
    const refuse = async () => {
      const socket = await open()
      socket.write(`${requestLine}content-length: ${body.length}\r\n\r\n${body}`)
      expect(String((await once(socket, 'data'))[0]).slice(0, 12)).toBe('HTTP/1.1 401')
    }
    const few = MAX_CONNECTIONS / 2
    await Promise.all(Array.from({ length: few }, refuse))
    expect(await openRequests()).toBe(few)
    expect(requests).toHaveLength(few)
    await expect
      .poll(
        () => {
          collect()
          return requests.filter((request) => request.deref() !== undefined)
        },
        { timeout: 5_000 },
      )
      .toEqual([])
  })

  it("ends a stranger's connection with its answer when half of those that may be open are", async () => {
    const ask = async () => {
      const socket = await open()
      socket.write(`${requestLine}content-length: 2\r\n\r\n{}`)
      return /connection: (\S+)/i.exec(String((await once(socket, 'data'))[0]))?.[1]
    }
    expect([await ask(), await ask()]).toEqual(['keep-alive', 'keep-alive'])
    expect([await ask(), await ask()]).toEqual(['close', 'close'])
  })

  it('closes connections beyond its limit at once, counts them, and serves those that it has', async () => {
    const held = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, open))
    const dropped = connect(port, '127.0.0.1')
    dropped.on('error', () => undefined)
    await once(dropped, 'close')
    expect(await deps.metrics.value('murmuration_ingress_connections_dropped_total')).toBe(1)
    const answered = once(held[0] as Socket, 'data')
    held[0]?.write(signedRequest())
    expect(String((await answered)[0]).slice(0, 12)).toBe('HTTP/1.1 202')
    held[1]?.destroy()
    await expect.poll(works).toBe(true)
  })
})

describe('the public server, when the event loop is late', () => {
  it('answers 503 with Retry-After before the body has come, counts it, and closes the connection', async () => {
    overloaded = 'the event loop is 900 ms late'
    const answer = await send(`${requestLine}content-length: 4000\r\n\r\n`)
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 503')
    expect(answer).toContain('retry-after: 2')
    expect(await counted()).toEqual({ 'sample/overloaded': 1 })
    overloaded = undefined
    expect(await works()).toBe(true)
  })
})

describe('the public server, while it closes', () => {
  it('still takes a connection that comes at that moment, and ends it with its answer', async () => {
    const closed = server.close()
    const answer = await send(signedRequest())
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 202')
    expect(answer.toLowerCase()).toContain('connection: close')
    await closed
  })

  it('answers what has come whole, also what does so only then, and cuts what never does', async () => {
    const acknowledge = deps.publisher.hold()
    const text = signedRequest()
    const [early, late, never] = [await open(), await open(), await open()]
    early.write(text)
    late.write(text.slice(0, 40))
    never.write(text.slice(0, 40))
    await expect.poll(() => deps.publisher.requests.length).toBe(1)
    await expect.poll(openRequests).toBe(3)
    const cut = once(never, 'close')
    const answers = [early, late].map((socket) => once(socket, 'data'))
    const ended = [early, late].map((socket) => once(socket, 'close'))
    const closed = server.close()
    late.write(text.slice(40))
    await cut
    acknowledge()
    for (const [answer] of await Promise.all(answers)) {
      expect(String(answer).slice(0, 12)).toBe('HTTP/1.1 202')
      expect(String(answer).toLowerCase()).toContain('connection: close')
    }
    await Promise.all([...ended, closed])
  })
})
