import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { LoadOptions } from './http-load.ts'
import { forkLoad } from './start-load.ts'

function load(port: number): LoadOptions {
  return {
    plan: { seed: 3, load: 0, count: 40, keys: 20, forgedEvery: 0 },
    target: { host: '127.0.0.1', port, path: '/', publicUrl: 'https://a.example/', signingKey: 'key' },
    loop: { kind: 'closed', connections: 4 },
    warmupMs: 0,
    requestTimeoutMs: 5_000,
  }
}

it('runs a load in another process, and brings its arrays back', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(202).end())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const phases: string[] = []
  const running = forkLoad(load((server.address() as AddressInfo).port), (phase) => phases.push(phase))
  const result = await running.result
  server.close()
  expect(running.pid).not.toBe(process.pid)
  expect([...result.status]).toEqual(Array(40).fill(202))
  expect(result.latencyMs).toBeInstanceOf(Float32Array)
  expect([phases[0], phases.at(-1)]).toEqual(['prepared', 'ended'])
})

it('rejects when the process is killed, or the load is impossible', async () => {
  const killed = forkLoad(load(1))
  killed.kill()
  await expect(killed.result).rejects.toThrow('without a result')
  const loop = { kind: 'open', ratePerSecond: 1_000, measureMs: 1_000, maxConnections: 1 } as const
  await expect(forkLoad({ ...load(1), loop }).result).rejects.toThrow('1000 requests would be due, 40 are there')
})
