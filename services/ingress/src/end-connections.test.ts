import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endConnections } from './end-connections.ts'

const KEEP_ALIVE_MS = 100
const LINGER_MS = 5_000

let server: FastifyInstance
let port = 0
let answer: () => void = () => undefined
let socket: Socket

beforeEach(async () => {
  server = fastify({ forceCloseConnections: false, return503OnClosing: false })
  const ends = endConnections(server, {
    keepAliveMs: KEEP_ALIVE_MS,
    drainMs: 0,
    lingerMs: LINGER_MS,
    maxConnections: 10,
  })
  server.get('/', (request, reply) => {
    ends.begin(request)
    answer = () => {
      if (ends.isClosing()) reply.header('connection', 'close')
      reply.send('ok')
      ends.end(request)
    }
  })
  port = Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
  socket = connect(port, '127.0.0.1')
})
afterEach(() => server.close())

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function ask(): Promise<void> {
  const asked = once(server.server, 'request')
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await asked
}

async function readAnswer(): Promise<string> {
  const read = once(socket, 'data')
  answer()
  return String((await read)[0]).slice(0, 12)
}

describe('endConnections', () => {
  it('ends a connection on which nothing happens, and none that waits for its answer', async () => {
    const closed = once(socket, 'close')
    await ask()
    await wait(KEEP_ALIVE_MS * 4)
    expect(await readAnswer()).toBe('HTTP/1.1 200')
    const idleSinceMs = performance.now()
    await closed
    expect(performance.now() - idleSinceMs).toBeGreaterThan(KEEP_ALIVE_MS / 2)
  })

  it('keeps one that is used now and then', async () => {
    let isClosed = false
    socket.once('close', () => {
      isClosed = true
    })
    for (let times = 0; times < 6; times += 1) {
      await ask()
      await readAnswer()
      await wait(KEEP_ALIVE_MS / 2)
    }
    expect(isClosed).toBe(false)
  })

  it('keeps one on which a request comes slowly', async () => {
    for (const character of 'GET / HTTP/1.1\r\nhost: a\r\n') {
      socket.write(character)
      await wait(KEEP_ALIVE_MS / 4)
    }
    const asked = once(server.server, 'request')
    socket.write('\r\n')
    await asked
    expect(await readAnswer()).toBe('HTTP/1.1 200')
  })

  it("leaves nothing to Node's own timer", async () => {
    const accepted = once(server.server, 'connection')
    const other = connect(port, '127.0.0.1')
    const [inside] = (await accepted) as [Socket]
    const asked = once(server.server, 'request')
    other.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    await asked
    const read = once(other, 'data')
    answer()
    await read
    expect(inside.timeout ?? 0).toBe(0)
    other.destroy()
  })

  it('ends one that never asked for anything', async () => {
    await once(socket, 'close')
  })

  it('answers what is sent on an idle connection just after the port was closed, and ends it', async () => {
    await ask()
    await readAnswer()
    const closed = once(socket, 'close')
    const ending = server.close()
    while (server.server.listening) await wait(1)
    await ask()
    expect(await readAnswer()).toBe('HTTP/1.1 200')
    await Promise.all([closed, ending])
  })

  it('ends one on which nothing comes after the port was closed, long before it would cut it', async () => {
    const other = connect(port, '127.0.0.1')
    await once(other, 'connect')
    const startedMs = performance.now()
    await Promise.all([once(other, 'close'), server.close()])
    expect(performance.now() - startedMs).toBeLessThan(LINGER_MS / 2)
  })
})
