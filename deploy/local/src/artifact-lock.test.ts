import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findFault, kafkaJars, readLock, registryArchive, toCoordinates, toFileName } from './artifact-lock.ts'

it('locks Kafka, its logging and the registry, each file under a name of its own', async () => {
  const lock = await readLock()
  expect(lock.artifacts).toHaveLength(93)
  expect(new Set(lock.artifacts.map(toFileName)).size).toBe(93)
  expect(kafkaJars(lock, '/dir')).toContain('/dir/kafka_2.13-4.3.1.jar')
  expect(toCoordinates(registryArchive(lock))).toBe('io.apicurio:apicurio-registry-app:3.0.9:tar.gz:all')
})

it('names no repository: where the files come from is the business of Maven or of the downloader', async () => {
  expect(JSON.stringify(await readLock())).not.toMatch(/https?:/)
})

it('tells a missing file, another size and another content apart', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'murmur-lock-'))
  const file = join(dir, 'x.jar')
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' // of "abc"
  const artifact = { group: 'g', artifact: 'x', version: '1', extension: 'jar', bytes: 3, sha256 }
  expect(await findFault(artifact, { file, hash: true })).toBe('missing')
  writeFileSync(file, 'abcd')
  expect(await findFault(artifact, { file, hash: false })).toEqual({ found: '4 bytes', expected: '3 bytes' })
  writeFileSync(file, 'abd')
  expect(await findFault(artifact, { file, hash: false })).toBeUndefined()
  expect(await findFault(artifact, { file, hash: true })).toMatchObject({ expected: `sha256 ${sha256}` })
  writeFileSync(file, 'abc')
  expect(await findFault(artifact, { file, hash: true })).toBeUndefined()
})

it('refuses a lock whose names could leave their folder', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'murmur-lock-')), 'lock.json')
  const artifact = { group: 'g', artifact: '../x', version: '1', extension: 'jar', bytes: 3, sha256: 'ab' }
  writeFileSync(file, JSON.stringify({ artifacts: [artifact] }))
  await expect(readLock(file)).rejects.toThrow(/cannot be read/)
})
