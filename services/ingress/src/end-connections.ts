import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** How often idle connections are looked for, at most, ms. */
const LOOK_MS = 1_000
/** The same while the server closes. */
const CLOSING_LOOK_MS = 100
/** And for how many such looks a connection may be idle then. */
const CLOSING_IDLE_LOOKS = 5
/** How long it is waited until nobody is in the system's queue of connections, ms. */
const MAX_QUEUE_MS = 250

/**
 * Requests of one connection that may follow each other without waiting for an answer. One read may bring hundreds, all of
 * which would be in line before anybody else's: nobody is known to send webhooks so, and everybody else waited for seconds.
 */
const MAX_PIPELINED = 16

const state = Symbol('connection')

/**
 * What is known of a connection, kept on its socket: connections are few and live long, where a set of requests would turn
 * over with each of them.
 */
interface ConnectionState {
  /** Requests that wait for their answer. */
  answering: number
  /** Requests in a row that came before the one ahead of them was answered; stays once they are too many. */
  pipelined: number
  /** The look in which it was last used. */
  usedAt: number
  /** What had come on it by the last look, bytes. */
  bytesRead: number
}

type TrackedSocket = Socket & { [state]?: ConnectionState }

/** Which connections end, and when: idle ones after a while, all of them when the server closes. */
export interface ConnectionEnds {
  /** Call it when a request's headers have come. @returns whether too many of its connection have not waited for an answer */
  isOneTooMany(request: FastifyRequest, response: ServerResponse): boolean
  /** Call it when a request has come whole. */
  begin(request: FastifyRequest): void
  /** Call it when its answer is about to be written. */
  end(request: FastifyRequest): void
  /** True once the server closes: an answer should end its connection then. */
  isClosing(): boolean
  /** Whether half of the connections that may be open are. */
  isCrowded(): boolean
}

/**
 * Ends connections on which nothing comes and nobody waits for an answer for `keepAliveMs`, two looks later at most. Node does
 * so itself, with a timer that it sets and clears for each request: that is switched off, which also takes its `keep-alive`
 * header away.
 *
 * When the server closes, for `drainMs` it still accepts new ones, each for one answer. After that, one on which nothing comes
 * for half a second ends: Node would end idle ones in the same moment, and with them those whose request it has not read
 * yet. One whose request has come whole ends with its answer, however long that takes; one whose request is not whole after
 * `lingerMs` is cut. Node stops looking at its own time-outs when it closes, so a slow-loris would keep the process alive.
 */
export function endConnections(
  server: FastifyInstance,
  options: {
    readonly keepAliveMs: number
    readonly drainMs: number
    readonly lingerMs: number
    readonly maxConnections: number
  },
): ConnectionEnds {
  const open = new Set<TrackedSocket>()
  const lookMs = Math.min(LOOK_MS, options.keepAliveMs)
  let idleLooks = Math.ceil(options.keepAliveMs / lookMs)
  let looks = 0
  let accepted = 0
  let timer: NodeJS.Timeout | undefined
  let isClosing = false

  // Fastify takes no 0 for it.
  server.server.keepAliveTimeout = 0
  server.server.closeIdleConnections = () => undefined
  server.server.on('connection', (socket: TrackedSocket) => {
    socket[state] = { answering: 0, pipelined: 0, usedAt: looks, bytesRead: 0 }
    open.add(socket)
    accepted += 1
    socket.once('close', () => open.delete(socket))
  })
  function isIdle(socket: TrackedSocket): boolean {
    const known = socket[state]
    if (known === undefined) return false
    if (known.bytesRead !== socket.bytesRead) known.usedAt = looks
    known.bytesRead = socket.bytesRead
    return isWaiting(socket) && looks - known.usedAt > idleLooks
  }
  const look = () => {
    looks += 1
    for (const socket of open) if (isIdle(socket)) socket.destroy()
  }
  let looking = setInterval(look, lookMs).unref()
  const isWaiting = (socket: TrackedSocket) => socket[state]?.answering === 0

  function count(request: FastifyRequest, answering: 1 | -1): void {
    const known = (request.raw.socket as TrackedSocket)[state]
    if (known === undefined) return
    known.answering += answering
    known.usedAt = looks
  }
  function cutHalfRequests(): void {
    for (const socket of open) if (isWaiting(socket)) socket.destroy()
  }
  function endIdleSoon(): void {
    clearInterval(looking)
    for (const socket of open) if (socket[state] !== undefined) socket[state].usedAt = looks
    idleLooks = CLOSING_IDLE_LOOKS
    // After what has come by then has been read.
    looking = setInterval(() => setImmediate(look), CLOSING_LOOK_MS)
    timer = setTimeout(cutHalfRequests, options.lingerMs)
  }
  /**
   * Calls back when the system's queue of connections is empty, or after `MAX_QUEUE_MS`: those that are in it when the port
   * closes are reset. Each turn of the event loop accepts one of them.
   */
  function whenQueueIsEmpty(callback: () => void): void {
    const endMs = performance.now() + MAX_QUEUE_MS
    let before = -1
    const look = () => {
      if (accepted === before || performance.now() > endMs) return callback()
      before = accepted
      setImmediate(look)
    }
    setImmediate(look)
  }
  // Done when the last connection has ended.
  server.addHook('preClose', (done) => {
    isClosing = true
    timer = setTimeout(() => {
      endIdleSoon()
      // By us: Fastify would do it some turns of the event loop later.
      whenQueueIsEmpty(() => void server.server.close(() => done()))
    }, options.drainMs)
  })
  server.addHook('onClose', (_, done) => {
    clearInterval(looking)
    clearTimeout(timer)
    done()
  })
  return {
    isOneTooMany(request, response) {
      const known = (request.raw.socket as TrackedSocket)[state]
      if (known === undefined) return false
      // Node gives a response its socket when those before it have been written.
      const isPipelined = response.socket === null || known.pipelined > MAX_PIPELINED
      known.pipelined = isPipelined ? known.pipelined + 1 : 0
      return known.pipelined > MAX_PIPELINED
    },
    begin: (request) => count(request, 1),
    end: (request) => count(request, -1),
    isClosing: () => isClosing,
    isCrowded: () => open.size > options.maxConnections / 2,
  }
}
