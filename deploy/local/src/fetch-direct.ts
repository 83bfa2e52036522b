import { existsSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import toArtifactUrl from 'mvn-artifact-url'
import { findFault, type LockedArtifact, toFileName } from './artifact-lock.ts'
import { LocalError, toMessage } from './local-error.ts'
import type { Env } from './on-path.ts'

export interface DirectOptions {
  /** Files land here as `<name>.part`; what a broken run left is continued. */
  readonly dir: string
  readonly env: Env
  /** Told with each piece: how many bytes of which file are there now. */
  readonly onBytes: (artifact: LockedArtifact, bytes: number) => void
  /** Takes a complete file over; throws when its content is wrong. */
  readonly accept: (artifact: LockedArtifact, file: string) => Promise<void>
  readonly signal?: AbortSignal | undefined
  /** Turns coordinates into an address; replaced in tests. */
  readonly toUrl?: (artifact: LockedArtifact) => Promise<string>
}

interface TransferOptions extends DirectOptions {
  readonly file: string
  readonly url: string
  readonly signal: AbortSignal
}

const PARALLEL = 6
const ATTEMPTS = 5

/** A transfer that brings nothing for so long is cut and continued. */
const STALL_MS = 20_000

/**
 * Downloads artifacts over HTTPS, six at a time, continuing partial files by Range. HTTPS_PROXY and NO_PROXY apply.
 *
 * @throws {LocalError} a file could not be had after five attempts, or what `accept` throws
 */
export async function fetchDirect(artifacts: readonly LockedArtifact[], options: DirectOptions): Promise<void> {
  const restore = http.setGlobalProxyFromEnv({ ...options.env })
  // The largest first: it decides how long all of it takes.
  const queue = artifacts.toSorted((a, b) => b.bytes - a.bytes)
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  async function work() {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await fetchOne(next, { ...options, signal })
    }
  }
  const workers = Array.from({ length: PARALLEL }, work)
  try {
    await Promise.all(workers)
  } finally {
    stop.abort()
    await Promise.allSettled(workers)
    restore()
  }
}

async function fetchOne(artifact: LockedArtifact, options: DirectOptions & { readonly signal: AbortSignal }) {
  const file = join(options.dir, `${toFileName(artifact)}.part`)
  const url = await (options.toUrl ?? toUrl)(artifact)
  const continued = existsSync(file)
  await fetchParts(artifact, { ...options, file, url })
  // What an earlier run left may be the start of something else: that is no reason to call the file changed.
  if (continued && typeof (await findFault(artifact, { file, hash: true })) === 'object') {
    await rm(file)
    await fetchParts(artifact, { ...options, file, url })
  }
  await options.accept(artifact, file)
}

async function fetchParts(artifact: LockedArtifact, options: TransferOptions) {
  for (let attempt = 1; ; attempt++) {
    try {
      await transfer(artifact, options)
      return
    } catch (error) {
      options.signal.throwIfAborted()
      if (attempt === ATTEMPTS) {
        throw new LocalError(
          `${toFileName(artifact)} could not be downloaded from ${new URL(options.url).host} (${describe(error)}).\n` +
            'What is there already is kept: run the command again once the network is back. Behind a proxy set ' +
            'HTTPS_PROXY; with a company mirror install Maven, whose settings.xml then applies.',
          { cause: error },
        )
      }
      await sleep(250 * 2 ** attempt, undefined, { signal: options.signal })
    }
  }
}

async function transfer(artifact: LockedArtifact, input: TransferOptions): Promise<void> {
  let have = (await stat(input.file).catch(() => undefined))?.size ?? 0
  if (have > artifact.bytes) {
    await rm(input.file)
    have = 0
  }
  if (have > 0) input.onBytes(artifact, have)
  if (have === artifact.bytes) return
  const stall = new AbortController()
  const timer = setTimeout(() => stall.abort(new Error(`nothing came for ${STALL_MS / 1000} s`)), STALL_MS)
  try {
    const response = await fetch(input.url, {
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
      signal: AbortSignal.any([input.signal, stall.signal]),
    })
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
    if (response.status !== 206) have = 0 // the server sends all of it
    // Each piece is on disk before the next one is read, so that a broken transfer is continued from its last piece.
    const file = await open(input.file, response.status === 206 ? 'a' : 'w')
    try {
      for await (const piece of response.body) {
        timer.refresh()
        await file.write(piece)
        have += piece.length
        input.onBytes(artifact, have)
        if (have > artifact.bytes) throw new Error(`more than the expected ${artifact.bytes} bytes came`)
      }
    } finally {
      await file.close()
    }
    if (have < artifact.bytes) throw new Error(`the transfer ended after ${have} of ${artifact.bytes} bytes`)
  } finally {
    clearTimeout(timer)
  }
}

/** `fetch failed` alone says nothing; its cause does. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? toMessage(error) : `${toMessage(error)}: ${toMessage(cause)}`
}

function toUrl(artifact: LockedArtifact): Promise<string> {
  return toArtifactUrl.default({
    groupId: artifact.group,
    artifactId: artifact.artifact,
    version: artifact.version,
    extension: artifact.extension,
    ...(artifact.classifier === undefined ? {} : { classifier: artifact.classifier }),
  })
}
