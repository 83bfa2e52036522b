import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { acquireMachineLock } from './machine-lock.ts'

const HOLDER = `
  const { acquireMachineLock } = await import(${JSON.stringify(new URL('machine-lock.ts', import.meta.url).href)})
  const lock = await acquireMachineLock(process.argv[1])
  process.stdout.write(lock === undefined ? 'taken' : 'held')
  setInterval(() => undefined, 1_000)
`
const children: ReturnType<typeof spawn>[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process that tries to take a name. */
async function start(name: string) {
  const args = ['--input-type=module', '-e', HOLDER, name]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [said] = await once(child.stdout, 'data')
  return { child, said: String(said) }
}
const ofThisTest = (what: string) => `${what}-${process.pid}`

describe.runIf(process.platform === 'linux')('acquireMachineLock', () => {
  it('is held once, until it is released', async () => {
    const name = ofThisTest('released')
    const first = await acquireMachineLock(name)
    expect(first?.machine).toMatch(/^[0-9a-f-]{36}\/net:/)
    expect(await acquireMachineLock(name)).toBeUndefined()
    const other = await acquireMachineLock(ofThisTest('other'))
    expect(other?.machine).toBe(first?.machine)
    first?.release()
    const again = await acquireMachineLock(name)
    expect(again).toBeDefined()
    again?.release()
    other?.release()
  })

  it('is not free while its process is frozen, and free as soon as it is killed', async () => {
    const name = ofThisTest('frozen')
    const { child, said } = await start(name)
    expect(said).toBe('held')
    child.kill('SIGSTOP')
    expect(await acquireMachineLock(name)).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await acquireMachineLock(name)
    expect(lock).toBeDefined()
    expect((await start(name)).said).toBe('taken')
    lock?.release()
  })
})
