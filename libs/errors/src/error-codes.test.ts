import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCodes } from './error-codes.ts'

interface ErrorClass {
  readonly name: string
  readonly owner: string
  readonly code: string
  readonly disposition: string
}

const ROOT = new URL('../../../', import.meta.url)
const CLASS = /class (\w+) extends PipelineError \{\s+readonly code = '(\w+)'\s+readonly disposition = '([\w-]+)'/g

/** Read as text: an error class belongs to the package that owns its cause, and this package imports none of them. */
const classes = ['libs', 'services'].flatMap((folder) =>
  readdirSync(new URL(folder, ROOT)).flatMap((owner) => classesOf(new URL(`${folder}/${owner}/src/`, ROOT), owner)),
)
const rows = Object.entries(errorCodes)

function classesOf(source: URL, owner: string): ErrorClass[] {
  let files: string[]
  try {
    files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(new URL(file, source), 'utf8').matchAll(CLASS)])
    .map(([, name = '', code = '', disposition = '']) => ({ name, owner, code, disposition }))
}

describe('the table of error codes', () => {
  it.each(classes)('has the row that $name of $owner names, with its disposition and owner', (found) => {
    expect(errorCodes).toHaveProperty(found.code)
    const { disposition, owner } = errorCodes[found.code as ErrorCode]
    expect({ disposition, owner }).toEqual({ disposition: found.disposition, owner: found.owner })
  })

  it.each(rows.filter(([code]) => code !== 'MUR_UNCLASSIFIED'))('has exactly one class that carries %s', (code) => {
    expect(classes.filter((found) => found.code === code)).toHaveLength(1)
  })

  it('has no class for MUR_UNCLASSIFIED, which stands for errors outside the taxonomy', () => {
    expect(classes.filter((found) => found.code === 'MUR_UNCLASSIFIED')).toEqual([])
  })

  it('says for each code when it is thrown and what to do next', () => {
    for (const [code, row] of rows) {
      expect(code).toMatch(/^MUR_[A-Z_]+$/)
      expect(row.when.length).toBeGreaterThan(20)
      expect(row.next.length).toBeGreaterThan(5)
    }
  })
})
