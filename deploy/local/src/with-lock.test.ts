import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withLock } from './with-lock.ts'

const fresh = () => join(mkdtempSync(join(tmpdir(), 'murmur-lock-')), 'lock')

it('lets the second begin after the first has ended, and tells that it waits', async () => {
  const file = fresh()
  const order: string[] = []
  const waiting = Promise.withResolvers<number>()
  const entered = Promise.withResolvers<void>()
  const first = withLock(file, {}, async () => {
    entered.resolve()
    await waiting.promise
    order.push('first')
  })
  await entered.promise
  await Promise.all([first, withLock(file, { onWait: waiting.resolve }, async () => order.push('second'))])
  expect(await waiting.promise).toBe(process.pid)
  expect(order).toEqual(['first', 'second'])
})

it('takes over from a process that is gone', async () => {
  const file = fresh()
  writeFileSync(file, String(spawnSync('true').pid))
  expect(await withLock(file, {}, async () => 'mine')).toBe('mine')
})

it('is free again after a failure', async () => {
  const file = fresh()
  const failure = withLock(file, {}, () => Promise.reject(new Error('no')))
  await expect(failure).rejects.toThrow('no')
  expect(existsSync(file)).toBe(false)
})
