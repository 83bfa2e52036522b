import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type LockedArtifact, toFileName } from './artifact-lock.ts'
import { ensureArtifacts, TamperedArtifactError } from './fetch-artifacts.ts'
import type { Progress } from './progress.ts'

const CONTENT = Buffer.alloc(300_000, 'murmuration ')

function lockOf(names: readonly string[], content = CONTENT) {
  const sha256 = createHash('sha256').update(content).digest('hex')
  const artifacts = names.map((artifact): LockedArtifact => {
    return { group: 'g', artifact, version: '1', extension: 'jar', bytes: content.length, sha256 }
  })
  return { artifacts, sha256: names.join() }
}

/** A repository of its own for each test; `answer` may do what it likes with a request. */
async function setUp(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? 'all'}`)
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const root = mkdtempSync(join(tmpdir(), 'murmur-fetch-'))
  const dir = join(root, 'artifacts')
  mkdirSync(dir)
  const progress: Progress[] = []
  const options = {
    dir,
    logDir: join(root, 'logs'),
    env: { MURMUR_FETCH: 'direct' } as Record<string, string>,
    onProgress: (one: Progress) => void progress.push(one),
    toUrl: async (artifact: LockedArtifact) => `http://127.0.0.1:${port}/${toFileName(artifact)}`,
  }
  return { dir, root, requests, progress, options }
}

it('fetches what is missing, and asks nobody once it is there', async () => {
  const { dir, requests, progress, options } = await setUp((_request, response) => response.end(CONTENT))
  const lock = lockOf(['a', 'b', 'c'])
  await ensureArtifacts({ ...options, lock })
  expect(requests).toHaveLength(3)
  expect(readFileSync(join(dir, 'a-1.jar')).equals(CONTENT)).toBe(true)
  expect(progress.at(-1)).toMatchObject({ files: 3, totalFiles: 3, bytes: 900_000, totalBytes: 900_000 })
  await ensureArtifacts({ ...options, lock })
  expect(requests).toHaveLength(3)
})

it('refuses and removes a file whose content was changed on its way', async () => {
  const changed = Buffer.from(CONTENT)
  changed[17] = 0
  const { dir, options } = await setUp((_request, response) => response.end(changed))
  const failure = await ensureArtifacts({ ...options, lock: lockOf(['a']) }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TamperedArtifactError)
  expect(String(failure)).toContain('g:a:1:jar')
  expect(String(failure)).toContain(createHash('sha256').update(CONTENT).digest('hex'))
  expect(String(failure)).toContain(createHash('sha256').update(changed).digest('hex'))
  expect(existsSync(join(dir, 'a-1.jar'))).toBe(false)
  expect(existsSync(join(dir, 'incoming', 'a-1.jar.part'))).toBe(false)
})

it('continues a broken transfer where it ended instead of beginning again', async () => {
  let cut = () => {}
  const { requests, options } = await setUp((request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': CONTENT.length - from })
    response.write(CONTENT.subarray(from, from + 100_000))
    if (from > 0) response.end(CONTENT.subarray(from + 100_000))
    else cut = () => response.destroy()
  })
  await ensureArtifacts({ ...options, onProgress: () => cut(), lock: lockOf(['a']) })
  expect(requests[0]).toBe('/a-1.jar all')
  expect(requests[1]).toMatch(/^\/a-1\.jar bytes=\d+-$/)
})

it('continues what an earlier run left behind', async () => {
  const { dir, requests, options } = await setUp((_request, response) => {
    response.writeHead(206).end(CONTENT.subarray(200_000))
  })
  mkdirSync(join(dir, 'incoming'))
  writeFileSync(join(dir, 'incoming', 'a-1.jar.part'), CONTENT.subarray(0, 200_000))
  await ensureArtifacts({ ...options, lock: lockOf(['a']) })
  expect(requests).toEqual(['/a-1.jar bytes=200000-'])
})

it('begins a file again when what an earlier run left does not fit the rest', async () => {
  const { dir, requests, options } = await setUp((request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200).end(CONTENT.subarray(from))
  })
  mkdirSync(join(dir, 'incoming'))
  writeFileSync(join(dir, 'incoming', 'a-1.jar.part'), Buffer.alloc(1_000, 'x'))
  await ensureArtifacts({ ...options, lock: lockOf(['a']) })
  expect(requests).toEqual(['/a-1.jar bytes=1000-', '/a-1.jar all'])
})

it('checks every byte again when the lock is another, and fetches only what differs', async () => {
  const { dir, requests, options } = await setUp((_request, response) => response.end(CONTENT))
  await ensureArtifacts({ ...options, lock: lockOf(['a', 'b']) })
  writeFileSync(join(dir, 'a-1.jar'), Buffer.alloc(CONTENT.length, 'x'))
  await ensureArtifacts({ ...options, lock: { ...lockOf(['a', 'b']), sha256: 'another lock' } })
  expect(requests.slice(2)).toEqual(['/a-1.jar all'])
})

it('lets Maven fetch where it is installed', async () => {
  const { root, dir, requests, options } = await setUp((_request, response) => response.writeHead(500).end())
  const folder = writeMaven(
    root,
    `for word in "$@"; do case $word in -DoutputDirectory=*) cp '${root}/a' "\${word#*=}/a-1.jar";; esac; done`,
  )
  writeFileSync(join(root, 'a'), CONTENT)
  await ensureArtifacts({ ...options, env: { PATH: `${folder}:/usr/bin:/bin` }, lock: lockOf(['a']) })
  expect(readFileSync(join(dir, 'a-1.jar')).equals(CONTENT)).toBe(true)
  expect(requests).toEqual([])
})

it('says so and goes on by itself when Maven fails', async () => {
  const { root, dir, progress, options } = await setUp((_request, response) => response.end(CONTENT))
  const folder = writeMaven(root, 'echo "no such mirror"; exit 1')
  await ensureArtifacts({ ...options, env: { PATH: `${folder}:/usr/bin:/bin` }, lock: lockOf(['a']) })
  expect(progress.filter((one) => one.kind === 'note')).toHaveLength(1)
  expect(readFileSync(join(options.logDir, 'maven.log'), 'utf8')).toContain('no such mirror')
  expect(existsSync(join(dir, 'a-1.jar'))).toBe(true)
})

it('does not go around Maven when what Maven brought was changed', async () => {
  const { root, requests, options } = await setUp((_request, response) => response.end(CONTENT))
  const folder = writeMaven(
    root,
    `for word in "$@"; do case $word in -DoutputDirectory=*) echo x > "\${word#*=}/a-1.jar";; esac; done`,
  )
  const env = { PATH: `${folder}:/usr/bin:/bin` }
  await expect(ensureArtifacts({ ...options, env, lock: lockOf(['a']) })).rejects.toBeInstanceOf(TamperedArtifactError)
  expect(requests).toEqual([])
})

function writeMaven(root: string, script: string): string {
  const folder = join(root, 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'mvn'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'mvn'), 0o755)
  return folder
}
