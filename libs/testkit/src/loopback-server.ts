import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on 127.0.0.1. @param port 0 picks a free one @returns the port */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('server has no port')
  return address.port
}

/** Stops accepting and resolves when the last connection has ended; does nothing for a server that is closed. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
