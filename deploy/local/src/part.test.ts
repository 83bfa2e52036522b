import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type ChildExit, spawnChild } from './child.ts'
import { freePort } from './free-port.ts'
import { type PartSpec, startPart } from './part.ts'

async function server(more: Partial<PartSpec> = {}, script?: string): Promise<PartSpec> {
  const port = await freePort()
  const serve = `require('http').createServer((q, r) => r.end('ok')).listen(${port}, '127.0.0.1')`
  const logFile = join(mkdtempSync(join(tmpdir(), 'murmur-part-')), 'server.log')
  const options = { name: 'server', command: process.execPath, args: ['-e', script ?? serve], env: {}, logFile }
  return {
    name: 'server',
    launch: () => spawnChild(options),
    probe: async (signal) => void (await (await fetch(`http://127.0.0.1:${port}`, { signal })).text()),
    ...more,
  }
}

it('comes back on the same port, as another process, after a crash that it told about', async () => {
  const crashed = Promise.withResolvers<[string, ChildExit]>()
  const spec = await server({ onExit: (name, exit) => crashed.resolve([name, exit]) })
  const part = await startPart(spec)
  onTestFinished(() => part.close())
  const before = part.pid
  await part.kill()
  expect(await crashed.promise).toEqual(['server', { code: null, signal: 'SIGKILL' }])
  expect(part.isRunning()).toBe(false)
  await part.restart()
  expect(part.pid).not.toBe(before)
  await spec.probe(AbortSignal.timeout(5_000))
})

it('tells nobody about an end that was asked for', async () => {
  const told: string[] = []
  const part = await startPart(await server({ onExit: (name) => told.push(name) }))
  await part.restart()
  await part.stop()
  await part.close()
  expect(told).toEqual([])
})

it('cannot be restarted once it is closed, also not by a restart that is under way', async () => {
  const part = await startPart(await server())
  const [restart] = await Promise.allSettled([part.restart(), part.close()])
  expect(restart.status).toBe('rejected')
  await expect(part.restart()).rejects.toThrow('server is closed')
  expect(part.isRunning()).toBe(false)
})

it('fails with the log when the process ends before it serves', async () => {
  const spec = await server({}, 'console.log("no room"); process.exit(4)')
  await expect(startPart(spec)).rejects.toThrow(/server ended with code 4[\s\S]*no room/)
})

it('fails, and leaves nothing running, when it does not serve in time', async () => {
  const spec = await server({ readyTimeoutMs: 100 }, 'setInterval(() => {}, 1000)')
  const children: ReturnType<PartSpec['launch']>[] = []
  const launch = () => {
    const child = spec.launch()
    children.push(child)
    return child
  }
  await expect(startPart({ ...spec, launch })).rejects.toThrow(/not ready after 0.1 s/)
  expect(children.map((child) => child.isRunning())).toEqual([false])
})

it('ends the start when it is aborted', async () => {
  const abort = new AbortController()
  const spec = await server({ signal: abort.signal }, 'setInterval(() => {}, 1000)')
  const starting = startPart(spec)
  abort.abort(new Error('interrupted'))
  await expect(starting).rejects.toThrow('interrupted')
})
