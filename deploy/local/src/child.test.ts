import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { runChild, spawnChild } from './child.ts'

function shell(script: string, more: { readonly onLine?: (line: string) => void } = {}) {
  const logFile = join(mkdtempSync(join(tmpdir(), 'murmur-child-')), 'logs', 'child.log')
  const env = { PATH: process.env.PATH ?? '' }
  return { name: 'child', command: 'sh', args: ['-c', script], env, logFile, ...more }
}

/** Starts a shell and resolves when it has said that it is ready. */
async function startShell(script: string) {
  const ready = Promise.withResolvers<string>()
  const child = spawnChild(shell(script, { onLine: (line) => ready.resolve(line) }))
  return { child, line: await ready.promise }
}

it('tells code and signal, and writes both outputs to the log', async () => {
  const options = shell('echo one; echo two >&2; exit 3')
  expect(await spawnChild(options).exited).toEqual({ code: 3, signal: null })
  expect(readFileSync(options.logFile, 'utf8')).toBe('one\ntwo\n')
})

it('ends a child that ignores SIGTERM, with its own children, once the grace is over', async () => {
  const { child, line } = await startShell('trap "" TERM; sleep 600 & echo $!; wait; wait')
  expect(await child.stop({ graceMs: 50 })).toEqual({ code: null, signal: 'SIGKILL' })
  await vi.waitFor(() => expectGone(Number(line)))
})

it('leaves nothing of the group behind when the leader ends by itself', async () => {
  const { child, line } = await startShell('sleep 600 & echo $!')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  await vi.waitFor(() => expectGone(Number(line)))
})

it('lives in a process group of its own, which Ctrl-C does not reach', async () => {
  const { child } = await startShell('echo ready; exec sleep 600')
  const group = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]
  expect(Number(group)).toBe(child.pid)
  await child.kill()
})

it('carries the last twenty lines of the log, and where it lies, in its error', async () => {
  const options = shell('i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo "line $i"; done; exit 7')
  const failure = String(await runChild(options).catch((error: unknown) => error))
  expect(failure).toContain('child ended with code 7')
  expect(failure).toContain(options.logFile)
  expect(failure).toContain('line 11\n')
  expect(failure).not.toContain('line 10\n')
})

it('ends with 127 and a reason in the log when there is no such program', async () => {
  const options = { ...shell(''), command: '/nowhere/program' }
  const child = spawnChild(options)
  expect(await child.exited).toEqual({ code: 127, signal: null })
  expect(await child.stop({ graceMs: 1 })).toEqual({ code: 127, signal: null })
  expect(readFileSync(options.logFile, 'utf8')).toContain('ENOENT')
})

it('ends what it runs when the signal is aborted', async () => {
  const abort = new AbortController()
  const options = shell('echo ready; exec sleep 600', { onLine: () => abort.abort(new Error('interrupted')) })
  await expect(runChild({ ...options, signal: abort.signal })).rejects.toThrow('interrupted')
})

/** Killed, and at most not yet collected by the system's first process. */
function expectGone(pid: number) {
  let state = 'gone'
  try {
    state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? 'gone'
  } catch {
    // no such process
  }
  expect(['gone', 'Z', 'X']).toContain(state)
}
