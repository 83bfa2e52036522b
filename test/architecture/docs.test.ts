import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listFiles, root } from './sources.ts'

interface Link {
  /** From the root. */
  readonly page: string
  readonly target: string
}

const pages = listFiles(/\.(md|html)$/)

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Links of a page that lead to this repository; code is left out. */
function linksOf(page: string): readonly Link[] {
  const text = read(page)
  const found = page.endsWith('.md')
    ? text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)
    : text.matchAll(/\bhref="([^"]+)"/g)
  return [...found].flatMap(([, target = '']) => (/^[a-z]+:/.test(target) ? [] : [{ page, target }]))
}

/** What a link may name behind its `#`: headings as GitHub names them, ids of HTML. */
function anchorsOf(page: string): readonly string[] {
  const text = read(page)
  if (page.endsWith('.html')) return [...text.matchAll(/\bid="([^"]+)"/g)].map(([, id = '']) => id)
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function leadsNowhere({ page, target }: Link): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (file.startsWith('..') || !existsSync(join(root, file))) return true
  return anchor !== undefined && !anchorsOf(file).includes(anchor)
}

describe('the documents', () => {
  it('link only to what is there, headings included', () => {
    const links = pages.flatMap(linksOf)
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter(leadsNowhere).map(({ page, target }) => `${page}: ${target}`)).toEqual([])
  })

  it('show the dedupe query as it is tested', () => {
    const query = read('docs/recipes/dedupe.sql').replace(/^--.*\n/gm, '')
    expect(read('docs/how-to-consume.md')).toContain(`\`\`\`sql\n${query}\`\`\``)
  })
})
