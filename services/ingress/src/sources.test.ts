import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { ConfigInvalidError } from '@murmuration/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createFileReader } from './file-reader.ts'
import { parseSources, readSources } from './sources.ts'

const KEY = 'KeV+/HGoIQrxuE5YPCRR6AuQOJveldYNNhbVi1i22qk='
const env = { KEY_1: KEY, KEY_2: 'another key, not base64', SHORT: '7 bytes', EMPTY: '' }

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

function parseText(text: string) {
  return parseSources(text, { file: 'sources.yaml', env, files: createFileReader() })
}

function parseEntries(...sources: readonly unknown[]) {
  return parseText(stringify({ sources }))
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
        publicUrls: ['https://hooks.example.com/webhooks/sales?tenant=a'],
        signingKeys: [{ id: 'k1' }],
        maxAgeMs: 24 * 60 * 60_000,
        clockSkewMs: 5 * 60_000,
        maxBodyBytes: undefined,
        rate: undefined,
      },
    ])
    expect(parseEntries(entry())[0]?.signingKeys[0]?.secret).toBe(KEY)
  })

  it('keeps the public URL byte for byte: it is what Bird signs', () => {
    const publicUrl = 'HTTPS://Hooks.Example.com:443/a/../b?x=%7e&y=A%20b'
    expect(parseEntries(entry({ publicUrl }))[0]?.publicUrls).toEqual([publicUrl])
  })

  it('reads keys from the environment and from files, in their order, without the final line break', () => {
    const file = join(dir, 'key')
    writeFileSync(file, 'old key \n')
    const signingKeys = [
      { id: 'new', env: 'KEY_1' },
      { id: 'old', file },
    ]
    const keys = parseEntries(entry({ signingKeys }))[0]?.signingKeys ?? []
    expect(keys.map(({ id, secret }) => [id, secret])).toEqual([
      ['new', KEY],
      ['old', 'old key '],
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

  it('hides no problem of a source behind another one of it', () => {
    const signingKeys = [
      { id: 'k1', env: 'KEY_1' },
      { id: 'k1', env: 'KEY_1' },
      { id: 'k2', env: 'MISSING' },
      { id: 'k2', env: 'SHORT' },
      { id: 'k3', colour: 'red' },
    ]
    const fields = { scheme: 'standard-webhooks', publicUrls: ['https://a.example'], burst: 3, name: 'Sales!' }
    const problems = problemsOf(() => parseEntries('no source', entry({ ...fields, signingKeys })))
    const text = problems.join('\n')
    for (const told of [
      'sources.0 ',
      'sources.1.name wants lower-case',
      'sources.1.signingKeys two keys have the id k1',
      'sources.1.signingKeys two keys have the id k2',
      'sources.1.signingKeys.2 key k2 is empty or unreadable',
      'sources.1.signingKeys keys k1 and k1 are the same secret',
      'sources.1.signingKeys.4 ',
      'sources.1 wants one of publicUrl and publicUrls, not both',
      'sources.1.burst says nothing without ratePerSecond',
    ]) {
      expect(text).toContain(told)
    }
  })

  it('refuses a source without a signing key: unsigned webhooks are never accepted', () => {
    expect(problemsOf(() => parseEntries(entry({ signingKeys: [] })))).toHaveLength(1)
  })

  it('refuses a key that names both a file and a variable', () => {
    const signingKeys = [{ id: 'k1', env: 'KEY_1', file: '/run/secrets/key' }]
    expect(problemsOf(() => parseEntries(entry({ signingKeys })))[0]).toContain('exactly one of file and env')
  })

  it.each([
    ['is no text in UTF-8', Buffer.alloc(32, 0xff)],
    ['is empty or unreadable', Buffer.from('  \n')],
  ])('refuses a key that %s', (problem, bytes) => {
    const file = join(dir, 'odd-key')
    writeFileSync(file, bytes)
    expect(problemsOf(() => parseEntries(entry({ signingKeys: [{ id: 'k1', file }] })))[0]).toContain(
      `key k1 ${problem}`,
    )
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

  it('takes several public URLs: one for each subscription', () => {
    const publicUrls = ['https://hooks.example.com/a', 'https://hooks.example.com/a?tenant=b']
    expect(parseEntries(entry({ publicUrl: undefined, publicUrls }))[0]?.publicUrls).toEqual(publicUrls)
  })

  it.each([
    ['both publicUrl and publicUrls', { publicUrls: ['https://a.example'] }, 'not both'],
    ['no public URL where the scheme signs it', { publicUrl: undefined }, 'bird-crm signs it'],
    ['a burst without a rate', { burst: 5 }, 'without ratePerSecond'],
    ['a rate of nothing', { ratePerSecond: 0 }, 'ratePerSecond'],
    [
      'two keys of one id',
      {
        signingKeys: [
          { id: 'k1', env: 'KEY_1' },
          { id: 'k1', env: 'KEY_2' },
        ],
      },
      'the id k1',
    ],
    [
      'one secret twice',
      {
        signingKeys: [
          { id: 'a', env: 'KEY_1' },
          { id: 'b', env: 'KEY_1' },
        ],
      },
      'keys a and b are',
    ],
    ['a URL with a port that is none', { publicUrl: 'https://a.example:99999/w' }, 'is no URL'],
    ['a URL with a blank', { publicUrl: 'https://a.example/w x' }, 'without blanks'],
    ['a URL that ends in a blank', { publicUrl: 'https://a.example/w ' }, 'without blanks'],
    ['a URL with a fragment', { publicUrl: 'https://a.example/w#x' }, 'without blanks'],
    ['a URL with a backslash', { publicUrl: 'https://a.example\\w' }, 'without blanks'],
    ['a URL with a user name', { publicUrl: 'https://user:pass@a.example/w' }, 'without blanks'],
    [
      'a secret that is no base64',
      { scheme: 'standard-webhooks', signingKeys: [{ id: 'k1', env: 'KEY_2' }] },
      'base64',
    ],
  ])('refuses %s', (_, fields, problem) => {
    const problems = problemsOf(() => parseEntries(entry(fields)))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })

  it('takes a URL as it is written, whatever a reader of URLs would make of it', () => {
    const publicUrl = 'HTTPS://Hooks.A.example:443/a@b/../w?x=@&y'
    expect(parseEntries(entry({ publicUrl }))[0]?.publicUrls).toEqual([publicUrl])
  })

  it('takes a short key: it was chosen at Bird', () => {
    expect(parseEntries(entry({ signingKeys: [{ id: 'k1', env: 'SHORT' }] }))[0]?.signingKeys[0]?.secret).toBe(
      '7 bytes',
    )
  })

  it.each(['standard-webhooks', 'messagebird-query'])('needs no public URL for %s, which signs none', (scheme) => {
    expect(parseEntries(entry({ scheme, publicUrl: undefined }))[0]?.publicUrls).toEqual([])
  })

  it('reads the limits of a source; a burst is two seconds of its rate where it is not said', () => {
    const limits = { maxBodyBytes: 2_048, ratePerSecond: 50 }
    expect(parseEntries(entry(limits))[0]).toMatchObject({ maxBodyBytes: 2_048, rate: { perSecond: 50, burst: 100 } })
    expect(parseEntries(entry({ ...limits, burst: 7 }))[0]?.rate?.burst).toBe(7)
    expect(parseEntries(entry({ ratePerSecond: 0.1 }))[0]?.rate?.burst).toBe(1)
  })

  it('shows no secret of a source that is logged by accident', () => {
    const [source] = parseEntries(entry())
    const said = `${JSON.stringify(source)} ${inspect(source, { depth: 9 })} ${JSON.stringify({ ...source?.signingKeys[0] })}`
    expect(said).toContain('k1')
    expect(said).not.toContain(KEY)
  })

  it('refuses a file without sources', () => {
    expect(problemsOf(() => parseEntries())).toHaveLength(1)
    expect(problemsOf(() => parseText(''))).toHaveLength(1)
    expect(problemsOf(() => parseText('sources: 3'))).toHaveLength(1)
  })

  it.each([
    ['in a line that is not YAML', `sources:\n  - name: sales\n    key: "${KEY}" oops: [\n`],
    ['in place of a variable name', stringify({ sources: [entry({ signingKeys: [{ id: 'k1', env: KEY }] })] })],
    ['as a value that is not asked for', stringify({ sources: [entry({ signingKeys: [{ id: 'k1', secret: KEY }] })] })],
    ['in place of the list', stringify({ sources: [entry({ signingKeys: KEY })] })],
    ['in place of the scheme', stringify({ sources: [entry({ scheme: KEY, workspaceId: '' })] })],
  ])('never quotes a key that stands %s', (_, text) => {
    const problems = problemsOf(() => parseText(text))
    expect(problems).not.toEqual([])
    expect(problems.join('\n')).not.toContain(KEY.slice(0, 12))
  })

  it('names the line that is not YAML', () => {
    const problems = problemsOf(() => parseText('sources:\n  - a: ['))
    expect(problems[0]).toMatch(/^sources\.yaml: is not YAML \([A-Z_]+, line \d+\)$/)
  })
})

describe('readSources', () => {
  it('reads the example file of this service', () => {
    const file = fileURLToPath(new URL('../sources.example.yaml', import.meta.url))
    const variables = [...readFileSync(file, 'utf8').matchAll(/^\s+env: (\w+)$/gm)].map(([, name]) => name ?? '')
    const env = Object.fromEntries(variables.map((name) => [name, `${name} ${KEY}`]))
    const { sources } = readSources(file, env)
    expect(sources.map((source) => source.path)).toEqual(['/webhooks/whatsapp'])
  })

  it('tells a file that is not there as a problem of SOURCES_FILE', () => {
    expect(problemsOf(() => readSources(join(dir, 'nowhere.yaml'), {}))[0]).toMatch(/^SOURCES_FILE: ENOENT/)
  })
})
