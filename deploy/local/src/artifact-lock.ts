import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { LocalError } from './local-error.ts'

/** One file in a Maven repository, pinned by its content. */
export interface LockedArtifact {
  readonly group: string
  readonly artifact: string
  readonly version: string
  readonly classifier?: string
  readonly extension: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Lower-case hex; only where the publisher's own sum was compared while locking. */
  readonly sha512?: string
}

export interface ArtifactLock {
  readonly artifacts: readonly LockedArtifact[]
  /** sha256 of the lock file itself: another lock means that everything is checked again. */
  readonly sha256: string
}

/** The lock beside this package: what the embedded stack is made of. */
export const LOCK_FILE = fileURLToPath(new URL('../artifacts.lock.json', import.meta.url))

/**
 * Reads a lock file.
 *
 * @throws {LocalError} it does not have the shape that `lock-artifacts.ts` writes
 */
export async function readLock(file = LOCK_FILE): Promise<ArtifactLock> {
  const text = await readFile(file, 'utf8')
  const parsed: unknown = JSON.parse(text)
  const list = typeof parsed === 'object' && parsed !== null && 'artifacts' in parsed ? parsed.artifacts : undefined
  if (!Array.isArray(list)) throw new LocalError(`${file} has no list of artifacts; restore it from git.`)
  const artifacts = list.map((entry: unknown) => parseArtifact(entry, file))
  return { artifacts, sha256: createHash('sha256').update(text).digest('hex') }
}

function parseArtifact(entry: unknown, file: string): LockedArtifact {
  const fields = entry as Partial<LockedArtifact> | null
  const texts = [fields?.group, fields?.artifact, fields?.version, fields?.extension, fields?.sha256]
  // The names become paths and command-line words: only what Maven itself allows.
  const plain = [...texts, fields?.classifier ?? 'none'].every(
    (text) => typeof text === 'string' && /^[\w.-]+$/.test(text),
  )
  if (!plain || !Number.isSafeInteger(fields?.bytes)) {
    throw new LocalError(`${file} has an entry that cannot be read (${JSON.stringify(entry)}); restore it from git.`)
  }
  return fields as LockedArtifact
}

/** `kafka_2.13-4.3.1.jar`: the name it has in every Maven repository; unique within the lock. */
export function toFileName(artifact: LockedArtifact): string {
  const classifier = artifact.classifier === undefined ? '' : `-${artifact.classifier}`
  return `${artifact.artifact}-${artifact.version}${classifier}.${artifact.extension}`
}

/** `group:artifact:version:extension[:classifier]`, as Maven's command line wants it. */
export function toCoordinates(artifact: LockedArtifact): string {
  const classifier = artifact.classifier === undefined ? '' : `:${artifact.classifier}`
  return `${artifact.group}:${artifact.artifact}:${artifact.version}:${artifact.extension}${classifier}`
}

/**
 * Whether a file in `dir` lacks or differs from its lock.
 *
 * @param options.hash false compares the size only, which costs nothing; true reads the file
 * @returns undefined when it is right, otherwise what is wrong with it
 */
export async function findFault(
  artifact: LockedArtifact,
  options: { readonly file: string; readonly hash: boolean },
): Promise<undefined | 'missing' | { readonly found: string; readonly expected: string }> {
  const found = await stat(options.file).catch(() => undefined)
  if (found === undefined) return 'missing'
  if (found.size !== artifact.bytes) return { found: `${found.size} bytes`, expected: `${artifact.bytes} bytes` }
  if (!options.hash) return undefined
  const sum = await sha256Of(options.file)
  return sum === artifact.sha256 ? undefined : { found: `sha256 ${sum}`, expected: `sha256 ${artifact.sha256}` }
}

/** sha256 of a file, lower-case hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** Where each jar of Kafka lies, in the lock's order: the class path. */
export function kafkaJars(lock: ArtifactLock, dir: string): readonly string[] {
  return lock.artifacts.filter((artifact) => artifact.extension === 'jar').map((one) => join(dir, toFileName(one)))
}

/**
 * The archive that the schema registry unpacks from.
 *
 * @throws {LocalError} the lock names none
 */
export function registryArchive(lock: ArtifactLock): LockedArtifact {
  const found = lock.artifacts.find((artifact) => artifact.artifact === 'apicurio-registry-app')
  if (found === undefined) throw new LocalError('artifacts.lock.json names no schema registry; restore it from git.')
  return found
}
