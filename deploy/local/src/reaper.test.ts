import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'

const CHILD = new URL('./child.ts', import.meta.url).href
const REAPER = new URL('./reaper.ts', import.meta.url).href

/** A parent that starts two children, each of which keeps a connection to us open for as long as it lives. */
async function startFamily(ending: string) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const connected: Socket[] = []
  const both = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => {})
      if (connected.push(socket) === 2) resolve()
    })
  })
  const logFile = join(mkdtempSync(join(tmpdir(), 'murmur-reaper-')), 'child.log')
  const connect = `process.on('SIGTERM', () => {}); require('net').connect(${port}, '127.0.0.1')`
  const script = `
    import { spawnChild } from '${CHILD}'
    import { reaperPid } from '${REAPER}'
    const options = { name: 'c', command: process.execPath, args: ['-e', ${JSON.stringify(connect)}], env: {}, logFile: '${logFile}' }
    const children = [spawnChild(options), spawnChild(options)]
    process.stdout.write(reaperPid() + '\\n')
    process.stdin.once('data', async () => { ${ending} })
  `
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(parent.stdout, 'data')
  await both
  const closed = Promise.all(connected.map((socket) => once(socket.resume(), 'close')))
  return { parent, closed, reaper: Number(String(line)) }
}

function isGone(pid: number) {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

it('ends every child, even those that ignore SIGTERM, when the parent is killed with SIGKILL', async () => {
  const { parent, closed, reaper } = await startFamily('')
  parent.kill('SIGKILL')
  await closed
  await vi.waitFor(() => expect(isGone(reaper)).toBe(true), { timeout: 10_000 })
}, 20_000)

it('ends the children when the parent leaves without stopping them', async () => {
  const { parent, closed } = await startFamily('process.exit(0)')
  parent.stdin.write('go')
  await closed
}, 20_000)

it('does not keep the parent from ending, and ends with it', async () => {
  const { parent, closed, reaper } = await startFamily(
    'for (const child of children) await child.kill(); process.stdin.destroy()',
  )
  parent.stdin.write('go')
  await closed
  expect(await once(parent, 'exit')).toEqual([0, null])
  await vi.waitFor(() => expect(isGone(reaper)).toBe(true), { timeout: 10_000 })
}, 20_000)
