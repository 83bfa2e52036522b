import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { SinkAnswer, SinkCall, SinkStep } from '../order/consumer-history.ts'

/** What a member says: who it is, that a handler was entered, and that its effect is to take place, or not. One JSON per line. */
export type SinkMessage =
  | { readonly kind: 'hello'; readonly member: string; readonly pid: number }
  | { readonly kind: 'begin'; readonly id: number; readonly call: Omit<SinkCall, 'member' | 'pid'> }
  | { readonly kind: 'apply' | 'abandon'; readonly id: number }

/** What the sink answers to `apply`. */
export interface SinkReply {
  readonly id: number
  readonly answer: SinkAnswer
}

/** A sink that writes down what it sees. */
export interface ConsumerSink {
  readonly port: number
  readonly history: readonly SinkStep[]
  /** Event ids that have come to an end here: done or refused. */
  readonly ended: ReadonlySet<string>
  /** When a process said who it is, and had its first call here, epoch ms; undefined: not yet. */
  helloMs(pid: number): number | undefined
  firstCallMs(pid: number): number | undefined
  close(): Promise<void>
}

export interface SinkOptions {
  /** What to answer to a record that was called first so long ago. */
  readonly answer: (call: SinkCall, sinceMs: number) => SinkAnswer
  /** From the effect to the answer, ms. */
  readonly delayMs: () => number
}

/**
 * Starts a sink for members that run in processes of their own.
 *
 * The effect takes place before the answer, as at any sink behind a network: a member that dies in between has made it.
 * Its calls end when its connection does.
 */
export async function startConsumerSink(options: SinkOptions): Promise<ConsumerSink> {
  const history: SinkStep[] = []
  const ended = new Set<string>()
  const helloOf = new Map<number, number>()
  const firstCallOf = new Map<number, number>()
  /** By place: when it was called first. */
  const calledMs = new Map<string, number>()
  const sockets = new Set<Socket>()

  function apply(call: SinkCall): SinkAnswer {
    const atMs = Date.now()
    const place = `${call.partition}/${call.offset}`
    const sinceMs = atMs - (calledMs.get(place) ?? atMs)
    const answer = options.answer(call, sinceMs)
    if (answer === 'retry') calledMs.set(place, atMs - sinceMs)
    else ended.add(call.eventId)
    history.push({ kind: 'apply', call, atMs, answer })
    return answer
  }

  function serve(socket: Socket): void {
    sockets.add(socket)
    const open = new Map<number, SinkCall>()
    let own = { member: '', pid: 0 }
    function end(id: number): void {
      const call = open.get(id)
      if (call !== undefined && open.delete(id)) history.push({ kind: 'end', call, atMs: Date.now() })
    }
    function reply(id: number, answer: SinkAnswer): void {
      end(id)
      socket.write(`${JSON.stringify({ id, answer } satisfies SinkReply)}\n`)
    }
    readLines(socket, (line) => {
      const message = JSON.parse(line) as SinkMessage
      if (message.kind === 'hello') {
        own = { member: message.member, pid: message.pid }
        helloOf.set(own.pid, Date.now())
      } else if (message.kind === 'begin') {
        const call = { ...message.call, ...own }
        const atMs = Date.now()
        open.set(message.id, call)
        history.push({ kind: 'begin', call, atMs })
        if (!firstCallOf.has(own.pid)) firstCallOf.set(own.pid, atMs)
      } else if (message.kind === 'abandon') end(message.id)
      else {
        const call = open.get(message.id)
        if (call === undefined) return
        const answer = apply(call)
        const delayMs = options.delayMs()
        if (delayMs <= 0) reply(message.id, answer)
        else setTimeout(() => open.has(message.id) && reply(message.id, answer), delayMs)
      }
    })
    // A killed process resets its connection, which is an error to the socket and no news to us.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      for (const id of open.keys()) end(id)
      sockets.delete(socket)
    })
  }

  const server = createServer({ noDelay: true }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    history,
    ended,
    helloMs: (pid) => helloOf.get(pid),
    firstCallMs: (pid) => firstCallOf.get(pid),
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** Calls back with each line of what a socket receives, without its end. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}
