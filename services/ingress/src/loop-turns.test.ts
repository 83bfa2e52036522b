import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createLoopTurns, type LoopTurns } from './loop-turns.ts'

/** Turns whose clock and event loop the test moves. */
function given() {
  let nowMs = 0
  let next: (() => void)[] = []
  const done: string[] = []
  const turns = createLoopTurns({ limitMs: 100, nowMs: () => nowMs, afterRead: (start) => next.push(start) })
  return {
    turns,
    done,
    work: (name: string, bytes = 1_000) => turns.run(() => done.push(name), bytes),
    wait: (ms: number) => {
      nowMs += ms
    },
    turn: () => {
      const calls = next
      next = []
      for (const call of calls) call()
      return calls.length
    },
  }
}

describe('createLoopTurns', () => {
  it('starts all work of a turn together, once everything has been read, first come first', () => {
    const { work, turn, done } = given()
    for (const name of ['a', 'b', 'c']) work(name)
    expect(done.join('')).toBe('')
    expect(turn()).toBe(1)
    expect(done.join('')).toBe('abc')
    expect(turn()).toBe(0)
    work('d')
    turn()
    expect(done.join('')).toBe('abcd')
  })

  it('starts 32 webhooks in a turn, and the rest in later ones', () => {
    const { work, turn, done } = given()
    const names = Array.from({ length: 70 }, (_, at) => String(at))
    for (const name of names) work(name)
    const counts = [1, 2, 3, 4].map(() => {
      turn()
      return done.length
    })
    expect(counts).toEqual([32, 64, 70, 70])
    expect(done).toEqual(names)
  })

  it('starts a quarter of a megabyte in a turn, and what is larger by itself', () => {
    const { work, turn, done } = given()
    work('a', 250_000)
    work('b', 12_144)
    work('c', 1)
    work('d', 9_000_000)
    work('e', 0)
    const starts = [1, 2, 3].map(() => {
      turn()
      return done.join('')
    })
    expect(starts).toEqual(['ab', 'abc', 'abcd'])
    turn()
    expect(done.join('')).toBe('abcde')
  })

  it('starts one webhook in a turn behind an accepted connection', () => {
    const { turns, work, turn, done } = given()
    turns.accepted()
    for (const name of ['a', 'b', 'c', 'd', 'e']) work(name)
    turn()
    expect(done.join('')).toBe('a')
    turns.accepted()
    turn()
    expect(done.join('')).toBe('ab')
    turn()
    expect(done.join('')).toBe('abcde')
  })

  it('does not hurry for a connection that was accepted when nothing waited', () => {
    const { turns, work, turn, done } = given()
    turns.accepted()
    turn()
    for (const name of ['a', 'b', 'c']) work(name)
    turn()
    expect(done.join('')).toBe('abc')
  })

  it('objects when the first in line has waited for longer than the limit', () => {
    const { turns, work, wait, turn } = given()
    work('a')
    wait(100)
    work('b')
    expect(turns.problem()).toBeUndefined()
    wait(23)
    expect(turns.problem()).toBe('webhooks wait 123 ms for their turn')
    turn()
    expect(turns.problem()).toBeUndefined()
  })
})

/** A server whose every answer costs it a millisecond, and what it has answered in all. */
async function serve(turns: Pick<LoopTurns, 'run' | 'accepted'>) {
  let answered = 0
  const server = createServer((_, response) => {
    turns.run(() => {
      const untilMs = performance.now() + 1
      while (performance.now() < untilMs);
      answered += 1
      response.end('ok')
    }, 0)
  })
  server.on('connection', turns.accepted)
  server.listen(0, '127.0.0.1', 4_096)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  return {
    answered: () => answered,
    /** Opens a connection and sends a request; the next one with each answer. Resolves with the first answer. */
    busyClient: async () => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      const ask = () => socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      socket.on('error', () => undefined)
      socket.once('connect', ask)
      await once(socket, 'data')
      ask()
      socket.on('data', ask)
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** How many answers old clients get until as many new ones have got their first. */
async function answersUntilNewcomersAreServed(turns: Pick<LoopTurns, 'run' | 'accepted'>): Promise<number> {
  const { busyClient, answered, close } = await serve(turns)
  const clients = (count: number) => Promise.all(Array.from({ length: count }, busyClient))
  await clients(50)
  const before = answered()
  await clients(50)
  close()
  return answered() - before
}

describe('a server that is never idle', () => {
  it('accepts who is new without serving everybody else in between, as it would without turns', async () => {
    const turns = createLoopTurns({ limitMs: 100, nowMs: () => performance.now(), afterRead: setImmediate })
    const withTurns = await answersUntilNewcomersAreServed(turns)
    const without = await answersUntilNewcomersAreServed({ run: (work) => work(), accepted: () => undefined })
    expect(withTurns).toBeLessThan(400)
    expect(without).toBeGreaterThan(2 * withTurns)
  })
})
