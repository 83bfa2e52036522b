import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOCK_FILE, loadSchemaFiles, schemasFolder } from './schema-files.ts'

/** A copy of this repository's schemas with these files added; its path ends with a slash. */
function copyWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const unwanted = /\/node_modules(\/|$)|\.ts$/
  cpSync(schemasFolder, folder, {
    recursive: true,
    filter: (path) => !unwanted.test(path.slice(schemasFolder.length - 1)),
  })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return `${folder}/`
}

describe('loadSchemaFiles', () => {
  it("finds each team's schemas, and tells the files that it does not take for one: a team must not think itself protected", () => {
    const paths = ['message.avsc', 'bi/message.json', 'bi/deep/message.avsc', 'bi/README.md', 'bi/message.avsc']
    const { readers, strays } = loadSchemaFiles(
      copyWith(Object.fromEntries(paths.map((path) => [`readers/${path}`, '{}']))),
    )
    expect(readers).toContainEqual({
      team: 'bi',
      record: 'message',
      path: 'schemas/readers/bi/message.avsc',
      text: '{}',
    })
    expect(strays).toEqual([
      'schemas/readers/bi/deep/message.avsc',
      'schemas/readers/bi/message.json',
      'schemas/readers/message.avsc',
    ])
    expect(loadSchemaFiles().strays).toEqual([])
  })

  it('names the lock where that is no JSON, as a merge leaves it', () => {
    expect(() => loadSchemaFiles(copyWith({ [LOCK_FILE]: '<<<<<<< HEAD' }))).toThrow(
      'schemas/released.lock.json is no JSON. Restore it: git checkout -- schemas/released.lock.json',
    )
  })
})
