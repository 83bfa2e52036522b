import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOwnBrokers, guardConnections, type InnerBroker, type InnerBrokerPool } from './kafkajs-connections.ts'

type Pool = InnerBroker['connectionPool']
type Sent = Parameters<Pool['send']>[0]

/** What kafkajs makes connections with; nobody ever answers over them. */
function given() {
  const log: string[] = []
  let pools = 0
  const connection = (name: string) => ({
    socket: name,
    requestQueue: { requestTimeout: 5_000, throttledUntil: -1 },
    send: (): Promise<unknown> => new Promise(() => undefined),
    abandon: (socket: unknown) => void log.push(`abandoned ${socket}`),
  })
  const brokerPool: InnerBrokerPool = {
    brokers: {},
    metadata: null,
    rootLogger: undefined,
    findConnectedBroker: () => Promise.reject(new Error('there is none')),
    connectionPoolBuilder: {
      async build({ host = 'seed', port = 0 } = {}) {
        pools += 1
        const name = `pool ${pools}`
        log.push(`${name} to ${host}`)
        const pool = [connection(name), connection(`${name} b`)]
        const getConnection = async (index = 0) => pool[index] ?? connection('none')
        return { host, port, pool, getConnection, send: async () => undefined }
      },
    },
    createBroker: ({ connectionPool }) => ({
      connectionPool,
      connect: async () => {
        if (connectionPool.host === 'away') throw new Error('refused')
      },
      disconnect: async () => void log.push(`disconnected from ${connectionPool.host}`),
      lookupRequest: () => () => REQUEST,
    }),
  }
  guardConnections(brokerPool, { wallMs: () => Date.now() })
  return { brokerPool, log }
}
const REQUEST: Sent = {
  request: { apiName: 'Heartbeat' },
  response: { decode: async () => undefined, parse: () => undefined },
}

/** When a request ended, ms after it was sent. */
async function endsAfter(pool: Pool, request: Partial<Sent>): Promise<number> {
  const startedAtMs = performance.now()
  const connection = await pool.getConnection()
  let endedAtMs = Number.NaN
  connection.send({ ...REQUEST, ...request }).catch(() => {
    endedAtMs = performance.now()
  })
  await vi.advanceTimersByTimeAsync(60_000)
  return Math.round(endedAtMs - startedAtMs)
}

describe('guardConnections', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([
    ['by its own deadline, which may be shorter than the default', { deadlineMs: 2_500 }, 2_500],
    ["by the client's default", {}, 5_000],
    ['by a longer one of the client', { requestTimeout: 21_000 }, 21_000],
    ['by the default where the client has a shorter one', { requestTimeout: 1_000 }, 5_000],
  ])('ends a request %s, and breaks its connection', async (_, request, ms) => {
    const { brokerPool, log } = given()
    expect(await endsAfter(await brokerPool.connectionPoolBuilder.build(), request)).toBe(ms)
    expect(log).toContain('abandoned pool 1')
  })

  it('ends it in time when the wall clock is set back meanwhile', async () => {
    const { brokerPool } = given()
    const pool = await brokerPool.connectionPoolBuilder.build()
    const ends = endsAfter(pool, {})
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(await ends).toBe(5_000)
  })

  it('waits out a throttling, but not one that the wall clock has made endless', async () => {
    const { brokerPool } = given()
    const pool = await brokerPool.connectionPoolBuilder.build()
    const [first] = pool.pool
    if (first === undefined) throw new TypeError('no connection')
    first.requestQueue.throttledUntil = Date.now() + 3_000
    expect(await endsAfter(pool, {})).toBe(8_000)
    first.requestQueue.throttledUntil = Date.now() + 3_600_000
    expect(await endsAfter(pool, {})).toBe(35_000)
    expect(first.requestQueue.throttledUntil).toBe(-1)
  })
})

describe('createOwnBrokers', () => {
  const a = { host: 'a', port: 1 }
  const b = { host: 'b', port: 1 }

  it('connects to each broker once, with its own time for answers', async () => {
    const { brokerPool, log } = given()
    const own = createOwnBrokers(brokerPool, { requestTimeoutMs: 2_500 })
    const [first, second] = await Promise.all([own.connect(a), own.connect(a)])
    expect([first === second, log]).toEqual([true, ['pool 1 to a']])
    expect(first?.connectionPool.pool.map(({ requestQueue }) => requestQueue.requestTimeout)).toEqual([2_500, 2_500])
  })

  it('lets go of the others, and of all in the end', async () => {
    const { brokerPool, log } = given()
    const own = createOwnBrokers(brokerPool, {})
    await own.connect(a)
    await own.connect(b)
    own.keepOnly(b)
    await own.disconnect()
    expect(log.slice(2)).toEqual(['disconnected from a', 'disconnected from b'])
  })

  it('begins anew with a broker that could not be connected', async () => {
    const { brokerPool, log } = given()
    const own = createOwnBrokers(brokerPool, {})
    const away = { host: 'away', port: 1 }
    await expect(own.connect(away)).rejects.toThrow('refused')
    await expect(own.connect(away)).rejects.toThrow('refused')
    expect(log.filter((line) => line.endsWith('to away'))).toHaveLength(2)
  })
})
