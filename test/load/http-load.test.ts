import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createIdFinder, toKeys } from './corpus-plan.ts'
import { type LoadOptions, runLoad } from './http-load.ts'
import { NO_ANSWER, summarize } from './load-result.ts'

const plan = { seed: 3, load: 0, count: 300, keys: 30, forgedEvery: 0 }
const clock = { epochMs: Date.now, monotonicMs: () => performance.now() }
const findId = createIdFinder(plan.seed)
const cleanup: (() => void)[] = []

afterEach(() => {
  for (const undo of cleanup.splice(0)) undo()
})

/** A server that keeps the order in which the webhooks came, and answers each by its place in that order. */
async function serve(answer: (request: { index: number; place: number }) => number) {
  const came: number[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const index = findId(Buffer.concat(chunks))?.index ?? -1
      const status = answer({ index, place: came.push(index) - 1 })
      if (status === 0) response.destroy()
      else if (status > 0) response.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end('{}')
    })
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  cleanup.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { came, port: (server.address() as AddressInfo).port }
}

function load(port: number, change: Partial<LoadOptions> = {}) {
  const target = { host: '127.0.0.1', port, path: '/', publicUrl: 'https://a.example/', signingKey: 'key' }
  const loop = { kind: 'closed', connections: 8 } as const
  return runLoad({ plan, target, loop, warmupMs: 0, requestTimeoutMs: 5_000, ...change }, clock, () => undefined)
}

it('sends every webhook once in a closed loop, those of one contact in order', async () => {
  const { came, port } = await serve(() => 202)
  const result = await load(port)
  expect([...came].sort((a, b) => a - b)).toEqual([...Array(300).keys()])
  const keys = toKeys(plan)
  for (let key = 0; key < plan.keys; key += 1) {
    const own = came.filter((index) => keys[index] === key)
    expect(own).toEqual([...own].sort((a, b) => a - b))
  }
  expect(result.connectionsOpened).toBe(8)
  expect(summarize(result).byStatus).toEqual({ 202: 300 })
})

it('notes each answer at the index of its request', async () => {
  const { port } = await serve(({ index }) => (index % 7 === 0 ? 503 : 202))
  const result = await load(port)
  expect([...result.status].every((status, index) => status === (index % 7 === 0 ? 503 : 202))).toBe(true)
  expect(result.retryAfter).toEqual({ 503: 43 })
  expect([...result.latencyMs].every((ms) => ms >= 0)).toBe(true)
})

it('counts a broken connection as no answer, and goes on with another', async () => {
  const { port } = await serve(({ place }) => (place % 100 === 50 ? 0 : 202))
  const result = await load(port)
  expect(result.status.filter((status) => status === NO_ANSWER)).toHaveLength(3)
  expect(Object.values(result.transportErrors)).toEqual([3])
  expect(summarize(result).byStatus).toEqual({ 202: 297 })
})

it('gives up an answer that does not come', async () => {
  const { port } = await serve(({ place }) => (place === 10 ? -1 : 202))
  const result = await load(port, { requestTimeoutMs: 150 })
  expect(result.transportErrors).toEqual({ TIMEOUT: 1 })
})

it('says of a server that is not there that nothing was answered', async () => {
  const { port } = await serve(() => 202)
  for (const undo of cleanup.splice(0)) undo()
  const result = await load(port, { plan: { ...plan, count: 16 } })
  expect(result.transportErrors).toEqual({ ECONNREFUSED: 16 })
})

it('stops a timed closed loop when the webhooks have run out, and says so', async () => {
  const { port } = await serve(() => 202)
  const result = await load(port, { loop: { kind: 'closed', connections: 8, measureMs: 60_000 } })
  expect(result.ranOut).toBe(true)
  expect(result.measuredToMs).toBeLessThan(30_000)
})

it('sends at the fixed rate, and lets latency count from the time that was due', async () => {
  const { came, port } = await serve(({ index }) => (index === 20 ? -1 : 202))
  const loop = { kind: 'open', ratePerSecond: 500, measureMs: 500, maxConnections: 1 } as const
  const result = await load(port, { loop, requestTimeoutMs: 200 })
  // The one connection was blocked for 200 to 300 ms; those that were due meanwhile waited, and say so.
  expect(came.length + result.unsent).toBe(250)
  const afterStall = result.latencyMs[21] ?? 0
  expect(afterStall).toBeGreaterThan(150)
  expect((result.answeredMs[21] ?? 0) - (result.sentMs[21] ?? 0)).toBeLessThan(afterStall)
})

it('counts what is due and can never be sent', async () => {
  const { port } = await serve(() => -1)
  const loop = { kind: 'open', ratePerSecond: 500, measureMs: 200, maxConnections: 4 } as const
  const result = await load(port, { loop, requestTimeoutMs: 300 })
  expect(result.unsent).toBe(96)
  expect(result.transportErrors).toEqual({ TIMEOUT: 4 })
})
