import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

type Line = Readonly<Record<string, unknown>>

const FIXTURE = fileURLToPath(new URL('./testing/fixture-service.ts', import.meta.url))
const VALID = { GREETING: 'hello', COUNT: '3', TOKEN: 'hunter2', SHUTDOWN_DEADLINE_MS: '5000' }

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** The fixture as a process of its own: its log lines as they come, and how it ended. */
function run(behaviour: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [FIXTURE, behaviour], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const lines: Line[] = []
  const waiting: { message: string; resolve: (line: Line) => void }[] = []
  const output = { text: '', errors: '' }
  createInterface({ input: child.stdout }).on('line', (text) => {
    output.text += `${text}\n`
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as Line
    lines.push(line)
    for (const waiter of waiting) if (waiter.message === line.message) waiter.resolve(line)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.errors += text
  })
  return {
    output,
    lines,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    exited: once(child, 'close').then(
      ([code, signal]) => ({ code, signal }) as { code: number; signal: string | null },
    ),
    line: (message: string) =>
      new Promise<Line>((resolve) => {
        const known = lines.find((line) => line.message === message)
        if (known === undefined) waiting.push({ message, resolve })
        else resolve(known)
      }),
  }
}

describe('runService', () => {
  it('exits 2 and names every problem when the configuration is wrong, before it logs anything', async () => {
    const service = run('', { COUNT: '12', ADMIN_PORT: '99999' })
    expect(await service.exited).toEqual({ code: 2, signal: null })
    for (const name of ['GREETING', 'COUNT', 'TOKEN', 'ADMIN_PORT']) expect(service.output.errors).toContain(name)
    expect(service.output.errors).toMatch(/^fixture: configuration is invalid:\n {2}- /)
    expect(service.output.text).toBe('')
  })

  it('tells its admin address and its name, and no secret', async () => {
    const service = run('', VALID)
    expect(await service.line('started')).toMatchObject({ service: 'fixture', clientId: 'fixture-0', level: 'info' })
    expect(await service.line('greeting')).toMatchObject({ token: '[redacted]', greeting: 'hello' })
    const { admin } = await service.line('started')
    expect((await fetch(`${admin}/health/ready`)).status).toBe(200)
    expect(service.output.text).not.toContain('hunter2')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('finishes and exits 0 after %s', async (signal) => {
    const service = run('', { ...VALID, CLIENT_ID: 'fixture-7' })
    expect(await service.line('started')).toMatchObject({ clientId: 'fixture-7' })
    service.kill(signal)
    expect(await service.exited).toEqual({ code: 0, signal: null })
    expect(service.lines.map((line) => line.message).slice(-2)).toEqual(['stopping', 'stopped'])
    expect(service.output.text).toContain('closed\n')
  })

  it('exits 0 after SIGTERM while it still starts: as PID 1 nothing else would end it', async () => {
    const service = run('hangs-in-start', VALID)
    await service.line('greeting')
    service.kill('SIGTERM')
    expect(await service.exited).toEqual({ code: 0, signal: null })
  })

  it('is live, shows metrics and is not ready while it still starts: an orchestrator would kill what does not answer', async () => {
    const service = run('hangs-in-start', VALID)
    const { admin } = await service.line('starting')
    await service.line('greeting')
    const answers = await Promise.all(['live', 'ready'].map((probe) => fetch(`${admin}/health/${probe}`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 503])
    expect((await fetch(`${admin}/metrics`)).status).toBe(200)
  })

  it('closes and exits 1 when the service fails, and does not quote a foreign message', async () => {
    const service = run('fails', VALID)
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(await service.line('failed')).toMatchObject({ level: 'error', errorCode: 'MUR_UNCLASSIFIED' })
    expect(service.output.text).toContain('closed\n')
    expect(service.output.text + service.output.errors).not.toContain('+570000000000')
  })

  it.each(['fails-in-start', 'fails-in-close'])('exits 1 when it %s', async (behaviour) => {
    const service = run(behaviour, VALID)
    if (behaviour === 'fails-in-close') {
      await service.line('started')
      service.kill('SIGTERM')
    }
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(await service.line('failed')).toMatchObject({ level: 'error' })
  })

  it('exits 1 when it has not finished by its deadline', async () => {
    const service = run('hangs-in-close', { ...VALID, SHUTDOWN_DEADLINE_MS: '100' })
    await service.line('started')
    service.kill('SIGTERM')
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(await service.line('did not stop in time')).toMatchObject({ deadlineMs: 100 })
  })

  it('exits 1 when the admin port is taken', async () => {
    const first = run('', VALID)
    const port = new URL(String((await first.line('started')).admin)).port
    const second = run('', { ...VALID, ADMIN_PORT: port })
    expect(await second.exited).toMatchObject({ code: 1 })
  })
})
