import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { signBirdCrm } from '@murmuration/bird'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runVerify } from './verify-command.ts'

/** A child process of Node on a busy machine. */
const TIMEOUT_MS = 30_000
/** It takes half a second, and the machine may be busy; without one budget for all sources it would take a minute. */
const MAX_SEARCH_MS = 10_000
const KEY = 'signing key of the verify command'
const SECONDS = 1_765_618_300
const URL_SIGNED = 'https://hooks.example.com/webhooks/a?tenant=a'
const body = '{"service":"channels","text":"confidencial"}'
const signature = signBirdCrm({ key: KEY, timestamp: String(SECONDS), url: URL_SIGNED, rawBody: Buffer.from(body) })
const sourcesText = (publicUrl: string) => `sources:
  - { name: a, scheme: bird-crm, workspaceId: ws, path: /webhooks/a, publicUrl: "${publicUrl}", signingKeys: [{ id: a1, env: KEY_A }] }
  - { name: b, scheme: bird-crm, workspaceId: ws, path: /webhooks/b, publicUrl: https://b.example/b, signingKeys: [{ id: b1, env: KEY_B }] }
`
const manySources = `sources:\n${Array.from(
  { length: 40 },
  (_, at) =>
    `  - { name: s${at}, scheme: bird-crm, workspaceId: ws, path: /s${at}, publicUrl: "https://h.example/s${at}?a=1&b=2", signingKeys: [{ id: k, env: KEYS }] }\n`,
).join('')}`
const head = [
  'POST /webhooks/a?tenant=a HTTP/1.1',
  'Host: hooks.example.com',
  `MessageBird-Signature: ${signature['messagebird-signature']}`,
  `MessageBird-Request-Timestamp: ${SECONDS}`,
].join('\r\n')

let folder = ''
const at = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'murmur-verify-'))
  writeFileSync(at('sources.yaml'), sourcesText(URL_SIGNED))
  writeFileSync(at('slash.yaml'), sourcesText('https://hooks.example.com/webhooks/a/?tenant=a'))
  writeFileSync(at('head.txt'), head)
  writeFileSync(at('head.json'), JSON.stringify({ host: 'hooks.example.com', ...signature }))
  writeFileSync(at('body.json'), body)
  writeFileSync(at('edited.json'), `${body}\n`)
  writeFileSync(at('request.txt'), `${head}\r\n\r\n${body}`)
  writeFileSync(at('other-path.txt'), `${head.replace('/webhooks/a', '/webhooks/b')}\r\n\r\n${body}`)
  writeFileSync(at('many.yaml'), manySources)
  const spoilt = head.replace(/Signature: .{4}/, 'Signature: AAAA').replace('/webhooks/a', '/elsewhere')
  writeFileSync(at('stranger.txt'), `${spoilt}\r\n\r\n${body}`)
  writeFileSync(at('no-path.txt'), `${head.replace('/webhooks/a', '/webhooks/c')}\r\n\r\n${body}`)
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command as a child process; words that name a file of the test are its files. */
async function verify(line: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
  const script = fileURLToPath(new URL('./cli.ts', import.meta.url))
  const args = line
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => (/\.(txt|json|yaml)$/.test(word) ? at(word) : word))
  const all = { KEY_A: KEY, KEY_B: 'key of the other source', SOURCES_FILE: at('sources.yaml'), ...env }
  const child = spawn(process.execPath, [script, ...args], { env: all, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}

describe('murmur verify', { timeout: TIMEOUT_MS }, () => {
  it.each([
    `--headers head.txt --body body.json --at ${SECONDS}`,
    `--headers head.json --body body.json --query tenant=a --at ${SECONDS}000`,
    '--request request.txt --source a --at 2025-12-13T09:31:40Z',
  ])('ends with 0, and names source and key, when it is accepted: %s', async (line) => {
    const { code, out, err } = await verify(line)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^accepted by source a, key a1/)
  })

  it('ends with 1 and says what to set when the URL is wrong', async () => {
    const { code, out } = await verify(`--request request.txt --sources slash.yaml --at ${SECONDS}`)
    expect(code).toBe(1)
    expect(out).toBe(
      `refused by source a, which the path of the request names: no-key-matches\n` +
        `  url-trailing-slash  Bird signed the path without the slash at the end. Set publicUrl to exactly ${URL_SIGNED}\n`,
    )
  })

  it('reads the very bytes of the body', async () => {
    const { code, out } = await verify(`--headers head.txt --body edited.json --at ${SECONDS}`)
    expect(code).toBe(1)
    expect(out).toContain('body-newline')
  })

  it("judges by the source of the request's path, and names the one that it belongs to", async () => {
    const { code, out } = await verify(`--request other-path.txt --json --at ${SECONDS}`)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'refused', source: 'b', findings: [{ what: 'other-source' }] })
  })

  it('says that no source has the path, when any would accept it', async () => {
    const { code, out } = await verify(`--request no-path.txt --at ${SECONDS}`)
    expect([code, out]).toEqual([
      0,
      'accepted by source a, key a1\n  no source has the path /webhooks/c: the ingress answers 404\n',
    ])
  })

  it('judges by the clock unless --at says otherwise', async () => {
    const { code, out } = await verify('--request request.txt')
    expect(code).toBe(1)
    expect(out).toContain('too-old')
  })

  it.each([
    ['', 'give --headers and --body'],
    ['--request request.txt --body body.json', '--request stands for'],
    ['--request missing.txt', 'ENOENT'],
    ['--request request.txt --source c', 'there are a, b'],
    ['--request request.txt --at noon', '--at wants'],
    ['--request request.txt --loud', 'loud'],
    ['--request request.txt --sources body.json', 'sources'],
    ['--request body.json', 'line 1'],
  ])('ends with 2 and says why, without a stack: %s', async (line, said) => {
    const { code, out, err } = await verify(line)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(said)
    expect(err).not.toContain('    at ')
    expect(err).not.toContain('confidencial')
  })

  it('ends with 2 without sources', async () => {
    const { code, err } = await verify('--request request.txt', { SOURCES_FILE: '' })
    expect(code).toBe(2)
    expect(err).toContain('SOURCES_FILE')
  })

  it('ends within seconds when nothing explains the request, with forty sources and none named', async () => {
    const startMs = performance.now()
    const { code, out, err } = await verify(`--request stranger.txt --sources many.yaml --at ${SECONDS}`, { KEYS: KEY })
    expect([code, err]).toEqual([1, ''])
    expect(out).toContain('unknown')
    expect(performance.now() - startMs).toBeLessThan(MAX_SEARCH_MS)
  })

  it('says on standard error that it still works, each two seconds', () => {
    let clockMs = 0
    const [printed, complaints]: [string[], string[]] = [[], []]
    const code = runVerify(['--request', at('stranger.txt'), '--sources', at('many.yaml'), '--at', String(SECONDS)], {
      env: { KEYS: KEY },
      now: () => {
        clockMs += 1
        return clockMs
      },
      print: (line) => printed.push(line),
      complain: (line) => complaints.push(line),
    })
    expect([code, printed.length]).toEqual([1, 1])
    expect(complaints.length).toBeGreaterThan(3)
    expect(complaints[0]).toMatch(/^still trying: \d+ signatures in 2 s$/)
  })

  it('explains itself with an example, and ends with 0', async () => {
    const { code, out } = await verify('--help')
    expect(code).toBe(0)
    expect(out).toContain('Example:')
  })
})
