import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { closeServer, listenOnLoopback } from './loopback-server.ts'

let echo: Server
let proxy: FaultProxy
const sockets: Socket[] = []

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: await listenOnLoopback(echo, 0) } })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await proxy.close()
  await closeServer(echo)
})

async function dial(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1')
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [chunk] = await once(socket, 'data')
  return String(chunk)
}

it('passes bytes both ways', async () => {
  expect(await echoed(await dial(), 'hello')).toBe('hello')
})

it('refuses new connections, breaks open ones, and comes back on the same port', async () => {
  const open = await dial()
  await echoed(open, 'x')
  const broken = once(open, 'error')
  await proxy.setMode('refuse')
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await proxy.setMode('pass')
  expect(await echoed(await dial(), 'again')).toBe('again')
})

it('resets new connections', async () => {
  await proxy.setMode('reset')
  const socket = connect(proxy.port, '127.0.0.1')
  sockets.push(socket)
  expect(await once(socket, 'close').catch((error: unknown) => error)).toMatchObject({ code: 'ECONNRESET' })
})

it('swallows bytes in a black hole and gives them back afterwards', async () => {
  const socket = await dial()
  await echoed(socket, 'x')
  await proxy.setMode('black-hole')
  const answer = once(socket, 'data')
  socket.write('held')
  let answered = false
  socket.once('data', () => {
    answered = true
  })
  expect(await echoedElsewhere()).toBe(true)
  expect(answered).toBe(false)
  await proxy.setMode('pass')
  expect(String(await answer)).toBe('held')
})

it('delays bytes and keeps their order', async () => {
  await proxy.setMode({ latencyMs: 5 })
  const socket = await dial()
  const chunks: string[] = []
  socket.on('data', (chunk) => chunks.push(String(chunk)))
  for (const text of ['a', 'b', 'c']) socket.write(text)
  socket.end()
  await once(socket, 'close')
  expect(chunks.join('')).toBe('abc')
})

it('delays a megabyte by the latency, and not each of its chunks by one more', async () => {
  const socket = await dial()
  await proxy.setMode({ latencyMs: 100 })
  const startedMs = performance.now()
  socket.end(Buffer.alloc(1_048_576))
  let bytes = 0
  for await (const chunk of socket) bytes += (chunk as Buffer).length
  const tookMs = performance.now() - startedMs
  expect(bytes).toBe(1_048_576)
  expect(tookMs).toBeGreaterThanOrEqual(200)
  expect(tookMs).toBeLessThan(1_500)
})

/** A full round trip past the proxy: what it held had the time to come, had it been let through. */
async function echoedElsewhere(): Promise<boolean> {
  const address = echo.address()
  const direct = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  sockets.push(direct)
  return (await echoed(direct, 'direct')) === 'direct'
}
