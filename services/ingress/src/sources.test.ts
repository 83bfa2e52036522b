import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigInvalidError } from '@murmuration/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { parseSources, readSources } from './sources.ts'

const KEY = 'KeV+/HGoIQrxuE5YPCRR6AuQOJveldYNNhbVi1i22qk='
const env = { KEY_1: KEY, EMPTY: '' }

function entry(fields: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    name: 'sales',
    scheme: 'bird-crm',
    workspaceId: 'ws-1',
    path: '/webhooks/sales',
    publicUrl: 'https://hooks.example.com/webhooks/sales?tenant=a',
    signingKeys: [{ id: 'k1', env: 'KEY_1' }],
    ...fields,
  }
}

function parseEntries(...sources: readonly unknown[]) {
  return parseSources(stringify({ sources }), { file: 'sources.yaml', env })
}

function problemsOf(call: () => unknown): readonly string[] {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems
    throw error
  }
  return []
}

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sources-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('parseSources', () => {
  it('reads a source, with the documented defaults', () => {
    expect(parseEntries(entry())).toEqual([
      {
        name: 'sales',
        scheme: 'bird-crm',
        workspaceId: 'ws-1',
        path: '/webhooks/sales',
        publicUrl: 'https://hooks.example.com/webhooks/sales?tenant=a',
        signingKeys: [{ id: 'k1', secret: KEY }],
        maxAgeMs: 24 * 60 * 60_000,
        clockSkewMs: 5 * 60_000,
      },
    ])
  })

  it('keeps the public URL byte for byte: it is what Bird signs', () => {
    const publicUrl = 'HTTPS://Hooks.Example.com:443/a/../b?x=%7e&y=A%20b'
    expect(parseEntries(entry({ publicUrls }))[0]?.publicUrl).toBe(publicUrl)
  })

  it('reads keys from the environment and from files, in their order, without the final line break', () => {
    const file = join(dir, 'key')
    writeFileSync(file, 'old key \n')
    const signingKeys = [
      { id: 'new', env: 'KEY_1' },
      { id: 'old', file },
    ]
    expect(parseEntries(entry({ signingKeys }))[0]?.signingKeys).toEqual([
      { id: 'new', secret: KEY },
      { id: 'old', secret: 'old key ' },
    ])
  })

  it('tells every problem of the file at once', () => {
    const problems = problemsOf(() =>
      parseEntries(
        entry({ name: 'Sales!', scheme: 'none', path: 'webhooks?x', publicUrl: 'ftp://a', maxAgeHours: 0 }),
        entry({ name: 'sales', signingKeys: [{ id: 'k1', env: 'MISSING' }, { id: 'k2' }, { id: 'k3', env: 'EMPTY' }] }),
        entry({ path: '/other', clockSkewSeconds: -1, signingKeys: [], colour: 'red' }),
      ),
    )
    const text = problems.join('\n')
    for (const told of [
      'sources.0.name wants lower-case',
      'sources.0.scheme',
      'sources.0.path wants an absolute path',
      'sources.0.publicUrl',
      'sources.0.maxAgeHours',
      'key k1 is empty or unreadable',
      'sources.1.signingKeys.1 wants exactly one of file and env',
      'key k3 is empty or unreadable',
      'sources.2.signingKeys',
      'sources.2.clockSkewSeconds',
      'colour',
      'two sources have the name sales',
    ]) {
      expect(text).toContain(told)
    }
    expect(problems.every((problem) => problem.startsWith('sources.yaml: '))).toBe(true)
  })

  it('refuses a source without a signing key: unsigned webhooks are never accepted', () => {
    expect(problemsOf(() => parseEntries(entry({ signingKeys: [] })))).toHaveLength(1)
  })

  it('refuses a key that names both a file and a variable', () => {
    const signingKeys = [{ id: 'k1', env: 'KEY_1', file: '/run/secrets/key' }]
    expect(problemsOf(() => parseEntries(entry({ signingKeys })))[0]).toContain('exactly one of file and env')
  })

  it('tells a key file that is not there by the id of its key', () => {
    const signingKeys = [{ id: 'k1', file: join(dir, 'nowhere') }]
    expect(problemsOf(() => parseEntries(entry({ signingKeys })))[0]).toContain('key k1 is empty or unreadable')
  })

  it('refuses two sources of one name or one path, each told once', () => {
    expect(problemsOf(() => parseEntries(entry(), entry(), entry()))).toEqual([
      'sources.yaml: two sources have the name sales',
      'sources.yaml: two sources have the path /webhooks/sales',
    ])
  })

  it('refuses a file without sources', () => {
    expect(problemsOf(() => parseEntries())).toHaveLength(1)
    expect(problemsOf(() => parseSources('', { file: 'sources.yaml', env }))).toHaveLength(1)
    expect(problemsOf(() => parseSources('sources: 3', { file: 'sources.yaml', env }))).toHaveLength(1)
  })

  it.each([
    ['in a line that is not YAML', `sources:\n  - name: sales\n    key: "${KEY}" oops: [\n`],
    ['in place of a variable name', stringify({ sources: [entry({ signingKeys: [{ id: 'k1', env: KEY }] })] })],
    ['as a value that is not asked for', stringify({ sources: [entry({ signingKeys: [{ id: 'k1', secret: KEY }] })] })],
    ['in place of the list', stringify({ sources: [entry({ signingKeys: KEY })] })],
    ['in place of the scheme', stringify({ sources: [entry({ scheme: KEY, workspaceId: '' })] })],
  ])('never quotes a key that stands %s', (_, text) => {
    const problems = problemsOf(() => parseSources(text, { file: 'sources.yaml', env }))
    expect(problems).not.toEqual([])
    expect(problems.join('\n')).not.toContain(KEY.slice(0, 12))
  })

  it('names the line that is not YAML', () => {
    const problems = problemsOf(() => parseSources('sources:\n  - a: [', { file: 'sources.yaml', env }))
    expect(problems[0]).toMatch(/^sources\.yaml: is not YAML \([A-Z_]+, line \d+\)$/)
  })
})

describe('readSources', () => {
  it('reads the example file of this service', () => {
    const file = fileURLToPath(new URL('../sources.example.yaml', import.meta.url))
    const variables = [...readFileSync(file, 'utf8').matchAll(/^\s+env: (\w+)$/gm)].map(([, name]) => name ?? '')
    const sources = readSources(file, Object.fromEntries(variables.map((name) => [name, KEY])))
    expect(sources.map((source) => source.path)).toEqual(['/webhooks/whatsapp'])
  })

  it('tells a file that is not there as a problem of SOURCES_FILE', () => {
    expect(problemsOf(() => readSources(join(dir, 'nowhere.yaml'), {}))[0]).toMatch(/^SOURCES_FILE: ENOENT/)
  })
})
