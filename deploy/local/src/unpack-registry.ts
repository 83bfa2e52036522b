import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArtifactLock, registryArchive, toFileName } from './artifact-lock.ts'
import { runChild } from './child.ts'
import { type Env, toChildEnv } from './on-path.ts'
import type { OnProgress } from './progress.ts'
import { REGISTRY_JAR } from './registry.ts'
import { withLock } from './with-lock.ts'

/**
 * Unpacks the schema registry once, beside its archive. The folder carries the archive's sum, so another lock gets
 * another folder.
 *
 * @param options.dir where the artifacts lie
 * @returns the folder of the program
 * @throws {LocalError} `tar` failed; nothing half-unpacked is left in its place
 */
export async function unpackRegistry(
  lock: ArtifactLock,
  options: {
    readonly dir: string
    readonly logDir: string
    readonly env: Env
    readonly onProgress: OnProgress
    readonly signal?: AbortSignal | undefined
  },
): Promise<string> {
  const archive = registryArchive(lock)
  const target = join(options.dir, `${archive.artifact}-${archive.version}-${archive.sha256.slice(0, 12)}`)
  if (existsSync(join(target, REGISTRY_JAR))) return target
  return withLock(join(options.dir, '.lock'), { signal: options.signal }, async () => {
    if (existsSync(join(target, REGISTRY_JAR))) return target
    options.onProgress({ kind: 'step', text: 'Unpacking the schema registry' })
    const fresh = `${target}.new`
    await rm(fresh, { recursive: true, force: true })
    await rm(target, { recursive: true, force: true })
    await mkdir(fresh, { recursive: true })
    await runChild({
      name: 'tar',
      command: 'tar',
      // The archive has no top folder. The owner is whoever unpacks, also for root.
      args: ['-xzf', join(options.dir, toFileName(archive)), '-C', fresh, '--no-same-owner'],
      env: toChildEnv(options.env),
      logFile: join(options.logDir, 'tar.log'),
      signal: options.signal,
    })
    await rename(fresh, target)
    return target
  })
}
