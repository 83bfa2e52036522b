import { once } from 'node:events'
import { createConnection } from 'node:net'
import type { SinkAnswer, SinkCall } from '../order/consumer-history.ts'
import { readLines, type SinkMessage, type SinkReply } from './consumer-sink.ts'

/** A call that ends by either. */
export interface BegunCall {
  apply(): Promise<SinkAnswer>
  /** Nothing took effect. */
  abandon(): void
}

/** A member's line to the sink. */
export interface SinkClient {
  /** Says that a handler was entered. */
  begin(call: Omit<SinkCall, 'member' | 'pid'>): BegunCall
  /** Rejects when the sink is gone. */
  readonly gone: Promise<never>
  close(): void
}

/** Connects and says who it is. */
export async function connectToSink(port: number, own: { member: string; pid: number }): Promise<SinkClient> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const waiting = new Map<number, (answer: SinkAnswer) => void>()
  const { promise: gone, reject } = Promise.withResolvers<never>()
  let last = 0
  const send = (message: SinkMessage) => socket.write(`${JSON.stringify(message)}\n`)
  readLines(socket, (line) => {
    const { id, answer } = JSON.parse(line) as SinkReply
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => reject(new Error('the sink is gone')))
  send({ kind: 'hello', ...own })
  return {
    begin(call) {
      last += 1
      const id = last
      send({ kind: 'begin', id, call })
      return {
        apply: () =>
          new Promise((resolve) => {
            waiting.set(id, resolve)
            send({ kind: 'apply', id })
          }),
        abandon: () => send({ kind: 'abandon', id }),
      }
    },
    gone,
    close: () => {
      gone.catch(() => undefined)
      socket.destroy()
    },
  }
}
