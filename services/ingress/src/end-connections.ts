import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Which requests are complete and wait for their answer; what has not come whole when the server closes is cut. */
export interface ConnectionEnds {
  /** Call it when a request has come whole. */
  begin(request: FastifyRequest): void
  /** Call it when its answer is written. */
  end(request: FastifyRequest): void
  /** True once the server closes: an answer should end its connection then. */
  isClosing(): boolean
}

/**
 * Ends connections when the server closes. For `drainMs` it still accepts new ones, each for one answer. After that, idle
 * ones end at once, which the server sees to itself; one whose request has come whole ends with its answer, however long
 * that takes; one whose request is not whole after `lingerMs` is cut. Node stops looking at its own time-outs when it
 * closes, so a slow-loris would keep the process alive.
 */
export function endConnections(
  server: FastifyInstance,
  options: {
    readonly drainMs: number
    readonly lingerMs: number
  },
): ConnectionEnds {
  const open = new Set<Socket>()
  const answering = new Set<FastifyRequest>()
  let timer: NodeJS.Timeout | undefined
  let isClosing = false
  server.server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  function cutHalfRequests(): void {
    const waiting = new Set([...answering].map((request) => request.raw.socket))
    for (const socket of open) if (!waiting.has(socket)) socket.destroy()
  }
  // The server stops accepting when this hook is done.
  server.addHook('preClose', (done) => {
    isClosing = true
    timer = setTimeout(() => {
      timer = setTimeout(cutHalfRequests, options.lingerMs)
      done()
    }, options.drainMs)
  })
  server.addHook('onClose', (_, done) => {
    clearTimeout(timer)
    done()
  })
  return {
    begin: (request) => answering.add(request),
    end: (request) => answering.delete(request),
    isClosing: () => isClosing,
  }
}
