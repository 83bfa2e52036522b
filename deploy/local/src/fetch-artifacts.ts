import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ArtifactLock,
  findFault,
  type LockedArtifact,
  readLock,
  toCoordinates,
  toFileName,
} from './artifact-lock.ts'
import { fetchDirect } from './fetch-direct.ts'
import { fetchWithMaven } from './fetch-with-maven.ts'
import { LocalError } from './local-error.ts'
import { type Env, findOnPath } from './on-path.ts'
import type { OnProgress } from './progress.ts'
import { withLock } from './with-lock.ts'

export interface EnsureArtifactsOptions {
  /** Where the files lie, by their names in a Maven repository. */
  readonly dir: string
  readonly logDir: string
  /** PATH (for `mvn`), HTTPS_PROXY, and MURMUR_FETCH: `direct` leaves Maven out. */
  readonly env: Env
  readonly onProgress: OnProgress
  readonly signal?: AbortSignal | undefined
  /** The lock to use; this package's own unless given. */
  readonly lock?: ArtifactLock
  /** See `fetchDirect`; replaced in tests. */
  readonly toUrl?: (artifact: LockedArtifact) => Promise<string>
}

/** What came is not what was locked. It was removed, and is not fetched in another way: somebody has to look. */
export class TamperedArtifactError extends LocalError {}

/**
 * Makes sure that every locked artifact lies in `dir` with the locked content.
 *
 * What is missing or broken is fetched: through Maven where it is installed, otherwise directly. Each new file is
 * checked by size and sha256 before it gets its name. Once all is right, a marker with the lock's own sum makes later
 * calls compare sizes only: no network, a few milliseconds.
 *
 * @returns the lock that the files fulfil
 * @throws {TamperedArtifactError} a file that was fetched differs from the lock
 * @throws {LocalError} a file could not be fetched
 */
export async function ensureArtifacts(options: EnsureArtifactsOptions): Promise<ArtifactLock> {
  const lock = options.lock ?? (await readLock())
  if ((await readMarker(options.dir)) === lock.sha256 && (await findMissing(lock, options.dir)).length === 0)
    return lock
  const onWait = (pid: number) =>
    options.onProgress({ kind: 'note', text: `Waiting for process ${pid}, which downloads the same files.` })
  await withLock(join(options.dir, '.lock'), { onWait, signal: options.signal }, async () => {
    const missing = await findMissing(lock, options.dir)
    if (missing.length > 0) await fetchAll(missing, options)
    await writeFile(join(options.dir, MARKER), lock.sha256)
  })
  return lock
}

const MARKER = '.verified'

function readMarker(dir: string): Promise<string> {
  return readFile(join(dir, MARKER), 'utf8').catch(() => '')
}

async function findMissing(lock: ArtifactLock, dir: string): Promise<readonly LockedArtifact[]> {
  const hash = (await readMarker(dir)) !== lock.sha256
  const missing: LockedArtifact[] = []
  for (const artifact of lock.artifacts) {
    const file = join(dir, toFileName(artifact))
    if ((await findFault(artifact, { file, hash })) !== undefined) missing.push(artifact)
  }
  return missing
}

async function fetchAll(missing: readonly LockedArtifact[], options: EnsureArtifactsOptions): Promise<void> {
  const incoming = join(options.dir, 'incoming')
  await mkdir(incoming, { recursive: true })
  // What is there has the wrong content, or it would not count as missing.
  for (const artifact of missing) await rm(join(options.dir, toFileName(artifact)), { force: true })
  const onBytes = countProgress(missing, options.onProgress)
  const common = {
    ...options,
    dir: incoming,
    onBytes,
    accept: (one: LockedArtifact, file: string) => accept(one, file, options),
  }

  const mvn = options.env.MURMUR_FETCH === 'direct' ? undefined : findOnPath('mvn', options.env)
  if (mvn !== undefined) {
    options.onProgress({ kind: 'step', text: `Fetching ${missing.length} files through Maven` })
    try {
      await fetchWithMaven(missing, { ...common, mvn })
    } catch (error) {
      if (error instanceof TamperedArtifactError || options.signal?.aborted === true) throw error
      const log = join(options.logDir, 'maven.log')
      options.onProgress({ kind: 'note', text: `Maven failed (see ${log}); downloading without it.` })
    }
  }
  const left = missing.filter((artifact) => !existsSync(join(options.dir, toFileName(artifact))))
  if (left.length > 0) await fetchDirect(left, common)
  await rm(incoming, { recursive: true, force: true })
}

/** Checks a complete file and moves it to its place. */
async function accept(artifact: LockedArtifact, file: string, options: EnsureArtifactsOptions): Promise<void> {
  const fault = await findFault(artifact, { file, hash: true })
  if (fault === 'missing') throw new LocalError(`${toFileName(artifact)} did not come.`)
  if (fault !== undefined) {
    await rm(file, { force: true })
    throw new TamperedArtifactError(
      `${toCoordinates(artifact)} is not the file that was locked, and was removed.\n` +
        `    expected ${fault.expected}\n    found    ${fault.found}\n` +
        'Either a mirror or proxy changed it (look at its settings, or set MURMUR_FETCH=direct to go around Maven), ' +
        'or deploy/local/artifacts.lock.json is out of date (node deploy/local/src/lock-artifacts.ts).',
    )
  }
  await rename(file, join(options.dir, toFileName(artifact))).catch(async (error: unknown) => {
    // EXDEV: the folder for incoming files lies on another disk.
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    await copyFile(file, join(options.dir, toFileName(artifact)))
  })
}

function countProgress(missing: readonly LockedArtifact[], onProgress: OnProgress) {
  const startedAtMs = performance.now()
  const totalBytes = missing.reduce((sum, artifact) => sum + artifact.bytes, 0)
  const have = new Map<LockedArtifact, number>()
  let bytes = 0
  let files = 0
  return (artifact: LockedArtifact, now: number) => {
    const before = have.get(artifact) ?? 0
    have.set(artifact, now)
    bytes += now - before
    if (now >= artifact.bytes && before < artifact.bytes) files += 1
    const seconds = (performance.now() - startedAtMs) / 1000
    const bytesPerSecond = seconds > 0 ? bytes / seconds : 0
    onProgress({ kind: 'download', files, totalFiles: missing.length, bytes, totalBytes, bytesPerSecond })
  }
}
