import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const answering = Symbol('answering')

/**
 * Counts on the socket itself the requests that wait for their answer: connections are few and live long, where a set of
 * requests would turn over with each of them.
 */
type TrackedSocket = Socket & { [answering]?: number }

function count(request: FastifyRequest, by: 1 | -1): void {
  const socket: TrackedSocket = request.raw.socket
  socket[answering] = (socket[answering] ?? 0) + by
}

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
  const open = new Set<TrackedSocket>()
  let timer: NodeJS.Timeout | undefined
  let isClosing = false
  server.server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  function cutHalfRequests(): void {
    for (const socket of open) if ((socket[answering] ?? 0) === 0) socket.destroy()
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
    begin: (request) => count(request, 1),
    end: (request) => count(request, -1),
    isClosing: () => isClosing,
  }
}
