import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkPrerequisites } from './prerequisites.ts'

const all = { kafka: true, registry: true, database: true }

it('lists everything that is missing at once', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'murmur-pre-')), 'file')
  writeFileSync(file, '')
  const folders = [join(file, 'below')]
  const failure = await checkPrerequisites({ needs: all, folders, freeBytes: 1, env: { PATH: '' } }).catch(String)
  expect(failure).toContain('No Java was found')
  expect(failure).toContain('"tar" is not on PATH')
  expect(failure).toContain(`${file}/below cannot be written to`)
})

it('asks for room on the disk before anything is downloaded', async () => {
  const folders = [mkdtempSync(join(tmpdir(), 'murmur-pre-'))]
  const needs = { kafka: false, registry: false, database: false }
  const failure = await checkPrerequisites({ needs, folders, freeBytes: 1e18, env: {} }).catch(String)
  expect(failure).toMatch(/MB are free .* 1000000000000 MB are needed/)
})

it('needs no Java and no tar when the servers are somebody else’s', async () => {
  const folders = [mkdtempSync(join(tmpdir(), 'murmur-pre-'))]
  const needs = { kafka: false, registry: false, database: false }
  expect(await checkPrerequisites({ needs, folders, freeBytes: 1, env: { PATH: '' } })).toEqual({})
})

it('refuses a folder whose name would split Java’s class path', async () => {
  const needs = { kafka: false, registry: false, database: false }
  const failure = await checkPrerequisites({ needs, folders: ['/tmp/a:b'], freeBytes: 1, env: {} }).catch(String)
  expect(failure).toContain('/tmp/a:b contains ":"')
})
