import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSchemaFiles, schemasFolder } from '@murmuration/schemas'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkSchemas } from './schema-check.ts'
import { fingerprintOf, planReleases, writeReleases } from './schema-releases.ts'

/** A copy of this repository's schemas; its path ends with a slash. */
function copyOfSchemas(): string {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const wanted = /\/node_modules(\/|$)|\.ts$/
  cpSync(schemasFolder, folder, {
    recursive: true,
    filter: (path) => !wanted.test(path.slice(schemasFolder.length - 1)),
  })
  return `${folder}/`
}

/** What `murmur schemas release` does. */
function release(folder: string): readonly string[] {
  const files = loadSchemaFiles(folder)
  const planned = planReleases(files)
  writeReleases(folder, planned, files.lock)
  return planned.map(({ path }) => path)
}

describe('a release', () => {
  it('keeps the current schema byte for byte under the next number, and only where it differs', () => {
    const folder = copyOfSchemas()
    release(folder)
    const path = `${folder}message/v1.avsc`
    const before = loadSchemaFiles(folder).released.filter(({ record }) => record === 'message').length
    const changed = readFileSync(path, 'utf8').replace('"doc": "', '"doc": "More: ')
    writeFileSync(path, changed)
    expect(release(folder)).toEqual([`schemas/message/released/${before + 1}.avsc`])
    expect(readFileSync(`${folder}message/released/${before + 1}.avsc`, 'utf8')).toBe(changed)
    expect(release(folder)).toEqual([])
    expect(checkSchemas(loadSchemaFiles(folder))).toEqual({ problems: [], unreleased: [], dropped: [] })
  })

  it('begins with number 1 where there is none, and locks each in the order of its record', () => {
    const folder = copyOfSchemas()
    const files = loadSchemaFiles(folder)
    const fresh = { ...files, released: [], lock: {} }
    const planned = planReleases(fresh)
    expect(planned.map(({ release }) => release)).toEqual(files.current.map(() => 1))
    writeReleases(folder, planned, {})
    const { lock } = loadSchemaFiles(folder)
    expect(Object.keys(lock)).toEqual(files.current.map(({ record }) => record).sort())
    expect(lock.message?.['1']).toBe(fingerprintOf(readFileSync(`${folder}message/v1.avsc`, 'utf8')))
  })
})

describe('fingerprintOf', () => {
  it('is the same in whatever order and layout the keys stand', () => {
    expect(fingerprintOf('{"a": {"b": 1, "c": [1, 2]}, "d": null}')).toBe(
      fingerprintOf('{"d":null,"a":{"c":[1,2],"b":1}}'),
    )
  })

  it.each([
    ['a doc', '{"doc":"a"}', '{"doc":"b"}'],
    ['the order of fields', '[1,2]', '[2,1]'],
    ['a key that is null and one that is not there', '{"default":null}', '{}'],
    ['a number and its text', '{"default":1}', '{"default":"1"}'],
  ])('tells apart %s', (_, one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other))
  })
})
