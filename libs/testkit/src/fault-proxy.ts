import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { closeServer, listenOnLoopback } from './loopback-server.ts'

/**
 * `pass` forwards; `refuse` closes the port; `black-hole` accepts and answers nothing; `reset` breaks each connection
 * with RST; `latency` delays each chunk by as much, both ways, in order.
 */
export type FaultMode = 'pass' | 'refuse' | 'black-hole' | 'reset' | { readonly latencyMs: number }

export interface FaultProxy {
  /** Port on 127.0.0.1; stays the same over `refuse`. */
  readonly port: number
  /**
   * Resolves once the mode holds. `refuse` and `reset` break open connections, `black-hole` freezes them, and they
   * thaw with the next mode; `latency` holds for open connections too.
   */
  setMode(mode: FaultMode): Promise<void>
  /** Breaks every connection and frees the port. */
  close(): Promise<void>
}

/** Starts a TCP proxy on loopback whose faults a test switches at run time. */
export async function startFaultProxy(options: {
  readonly target: { readonly host: string; readonly port: number }
  /**
   * Port to listen on; 0 or none picks a free one. While `refuse` holds, the system may give a picked one to somebody's
   * outgoing connection: one outside its range (Linux: from 32768) comes back for certain.
   */
  readonly port?: number
}): Promise<FaultProxy> {
  const links = new Set<Link>()
  let mode: FaultMode = 'pass'

  const accept = (client: Socket) => {
    client.on('error', () => client.destroy())
    if (mode === 'reset') return void client.resetAndDestroy()
    const link = openLink(client, options.target, () => mode)
    links.add(link)
    client.once('close', () => links.delete(link))
  }
  const breakLinks = () => {
    for (const link of links) link.break()
  }

  let server: Server = createServer({ allowHalfOpen: true }, accept)
  const port = await listenOnLoopback(server, options.port ?? 0)
  return {
    port,
    setMode: async (next) => {
      mode = next
      for (const link of links) link.wake()
      if (next === 'refuse' || next === 'reset') breakLinks()
      if (next === 'refuse') return closeServer(server)
      if (server.listening) return
      server = createServer({ allowHalfOpen: true }, accept)
      await listenOnLoopback(server, port)
    },
    close: async () => {
      mode = 'pass'
      for (const link of links) link.wake()
      breakLinks()
      await closeServer(server)
    },
  }
}

interface Link {
  break(): void
  /** The mode has changed: chunks that a black hole held may go on. */
  wake(): void
}

function openLink(client: Socket, target: { readonly host: string; readonly port: number }, mode: () => FaultMode) {
  let waiting: (() => void)[] = []
  const upstream = connect({ port: target.port, host: target.host, allowHalfOpen: true })
  const hold = async (arrivedMs: number) => {
    while (mode() === 'black-hole') await new Promise<void>((resolve) => waiting.push(resolve))
    const current = mode()
    if (typeof current === 'object') await wait(Math.max(0, arrivedMs + current.latencyMs - performance.now()))
  }
  const link: Link = {
    break: () => {
      client.resetAndDestroy()
      upstream.destroy()
    },
    wake: () => {
      const due = waiting
      waiting = []
      for (const resolve of due) resolve()
    },
  }
  upstream.on('error', () => link.break())
  client.once('close', () => upstream.destroy())
  upstream.once('close', () => {
    if (!upstream.readableEnded) client.destroy()
  })
  client.pipe(createDelay(hold)).pipe(upstream)
  upstream.pipe(createDelay(hold)).pipe(client)
  return link
}

/** Passes each chunk, in order, when `hold` lets it; the next ones are taken in meanwhile, as on a long line. */
function createDelay(hold: (arrivedMs: number) => Promise<void>): Transform {
  let last = Promise.resolve()
  const later = (act: () => void) => {
    const arrivedMs = performance.now()
    last = last.then(() => hold(arrivedMs)).then(act)
  }
  return new Transform({
    transform(chunk, _encoding, done) {
      later(() => this.push(chunk))
      done()
    },
    flush: (done) => later(() => done()),
  })
}
