import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { findUnprivileged } from './unprivileged.ts'

it('changes nothing for an ordinary user', async () => {
  expect(await findUnprivileged({ uid: 1000, env: {} })).toEqual({ command: [], ownerUid: 1000 })
})

it('falls back to another user where neither tool is installed', async () => {
  expect(await findUnprivileged({ uid: 0, env: { PATH: '' } })).toEqual({ command: [], ownerUid: 65_534, uid: 65_534 })
})

it.runIf(process.geteuid?.() === 0)('runs a program of root as somebody else', async () => {
  const found = await findUnprivileged({ uid: 0, env: process.env })
  const [program = '', ...words] = [...found.command, 'id', '-u']
  const result = spawnSync(program, words, { encoding: 'utf8', ...(found.uid === undefined ? {} : { uid: found.uid }) })
  expect(Number(result.stdout)).toBeGreaterThan(0)
})
