import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { freePort } from '@murmuration/local'

/**
 * `pass` forwards; `refuse` closes the port; `silent` takes requests and never answers; an answer is given to each,
 * whatever it asks.
 */
export type GateMode =
  | 'pass'
  | 'refuse'
  | 'silent'
  | { readonly status: number; readonly contentType: string; readonly body: string }

/** A proxy in front of the registry whose faults a test switches at run time. */
export interface RegistryGate {
  /** Of the registry behind it, as its clients see it; stays the same over `refuse`. */
  readonly url: string
  setMode(mode: GateMode): Promise<void>
  close(): Promise<void>
}

/** Starts it. @param registryUrl of the registry itself */
export async function startRegistryGate(registryUrl: string): Promise<RegistryGate> {
  const target = new URL(registryUrl)
  const port = await freePort()
  let mode: GateMode = 'pass'
  let server: Server | undefined

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (mode === 'silent' || mode === 'refuse') return
    if (typeof mode === 'object') {
      response.writeHead(mode.status, { 'content-type': mode.contentType }).end(mode.body)
      return
    }
    const { method, url: path, headers } = request
    const onward = forward({ host: target.hostname, port: target.port, method, path, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }

  async function listen(): Promise<void> {
    server = createServer(answer).listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  async function shut(): Promise<void> {
    const closing = server
    server = undefined
    closing?.closeAllConnections()
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve))
  }

  await listen()
  return {
    url: `http://127.0.0.1:${port}${target.pathname}`,
    setMode: async (next) => {
      mode = next
      if (next === 'refuse') await shut()
      else if (server === undefined) await listen()
      // Who was kept waiting is let go, and asks again.
      else if (next === 'pass') server.closeAllConnections()
    },
    close: shut,
  }
}
