import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSocketSet, type SocketSet } from './socket-set.ts'

const server = createServer()
let port = 0

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  server.close()
})

function open(set: SocketSet): Socket {
  return set.factory({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined }) as Socket
}

it('breaks all its sockets, with an error, and those that are asked for afterwards', async () => {
  const set = createSocketSet()
  const first = open(set)
  await once(first, 'connect')
  set.destroy()
  const second = open(set)
  const errors = await Promise.all([first, second].map((socket) => once(socket, 'error')))
  expect(errors.map(([error]) => (error as Error).message)).toEqual(Array(2).fill('the session is over'))
})

it('a socket that is closed gathers no listeners, however often kafkajs lets go of it', async () => {
  const set = createSocketSet()
  const socket = open(set)
  await once(socket, 'connect')
  socket.destroy()
  await once(socket, 'close')
  const before = socket.listenerCount('connect')
  for (let call = 0; call < 20; call += 1) socket.unref()
  expect(socket.listenerCount('connect')).toBe(before)
})
