import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createLoopTurns, type LoopTurns } from './loop-turns.ts'

/** Turns whose clock and event loop the test moves. Work takes no time, unless it says otherwise. */
function given() {
  let nowMs = 0
  let next: (() => void)[] = []
  const done: string[] = []
  const turns = createLoopTurns({ limitMs: 100, nowMs: () => nowMs, afterRead: (start) => next.push(start) })
  return {
    turns,
    done,
    work: (name: string, { bytes = 1_000, ms = 0 } = {}) =>
      turns.run(() => {
        nowMs += ms
        done.push(name)
      }, bytes),
    wait: (ms: number) => {
      nowMs += ms
    },
    /** @returns how many works each call started */
    turn: () => {
      const calls = next
      next = []
      return calls.map((call) => {
        const before = done.length
        call()
        return done.length - before
      })
    },
  }
}

const hundred = Array.from({ length: 100 }, (_, at) => String(at))

describe('createLoopTurns', () => {
  it('starts what came in a turn together, once everything has been read, first come first', () => {
    const { work, turn, done } = given()
    for (const name of ['a', 'b', 'c']) work(name)
    expect(done.join('')).toBe('')
    expect(turn()).toEqual([3])
    expect(done.join('')).toBe('abc')
    expect(turn()).toEqual([])
    work('d')
    expect(turn()).toEqual([1])
  })

  it('starts many in batches of 32, each of which can end its steps before the next one', () => {
    const { work, turn, done } = given()
    for (const name of hundred) work(name)
    expect(turn()).toEqual([32, 32, 32, 4])
    expect(done).toEqual(hundred)
  })

  it('begins no batch when 5 ms of the turn are over, and gives the next turn its whole time again', () => {
    const { work, turn, done } = given()
    for (const name of hundred) work(name, { ms: 0.1 })
    expect(turn()).toEqual([32, 32, 0, 0])
    work('last')
    expect(turn()).toEqual([32, 5])
    expect(done).toEqual([...hundred, 'last'])
  })

  it('starts a quarter of a megabyte together, and what is larger by itself', () => {
    const { work, turn, done } = given()
    work('a', { bytes: 250_000 })
    work('b', { bytes: 12_144 })
    work('c', { bytes: 1 })
    work('d', { bytes: 9_000_000 })
    work('e', { bytes: 0 })
    expect([turn(), turn(), turn(), turn()]).toEqual([[2], [1], [1], [1]])
    expect(done.join('')).toBe('abcde')
  })

  it('starts one webhook in a turn behind an accepted connection', () => {
    const { turns, work, turn } = given()
    turns.accepted()
    for (const name of hundred) work(name)
    expect(turn()).toEqual([1, 0, 0, 0])
    turns.accepted()
    expect(turn()).toEqual([1, 0, 0, 0])
    expect(turn()).toEqual([32, 32, 32, 2])
  })

  it('does not hurry for a connection that was accepted when nothing waited', () => {
    const { turns, work, turn } = given()
    turns.accepted()
    expect(turn()).toEqual([0])
    for (const name of ['a', 'b', 'c']) work(name)
    expect(turn()).toEqual([3])
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
