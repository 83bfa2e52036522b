import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

/** Makes sockets and can break all of them, those included that are asked for afterwards. */
export interface SocketSet {
  readonly factory: ISocketFactory
  destroy(): void
}

/** Creates a set of no sockets. */
export function createSocketSet(): SocketSet {
  const sockets = new Set<Socket>()
  let destroyed = false
  return {
    factory: ({ host, port, ssl, onConnect }) => {
      const servername = isIP(host) === 0 ? { servername: host } : {}
      const socket = ssl
        ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
        : connect({ host, port }, onConnect)
      // Requests are written whole: there is nothing to gain from waiting for more bytes.
      socket.setNoDelay(true)
      socket.setKeepAlive(true, 60_000)
      sockets.add(socket)
      socket.once('close', () => {
        sockets.delete(socket)
        // kafkajs calls it again and again while a broker is away; each time Node would keep one more listener.
        socket.unref = () => socket
      })
      if (destroyed) process.nextTick(() => socket.destroy(new Error('the session is over')))
      return socket
    },
    destroy() {
      destroyed = true
      // With an error: the client notices nothing else, and would go on waiting.
      for (const socket of sockets) socket.destroy(new Error('the session is over'))
    },
  }
}
