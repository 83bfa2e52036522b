import { recordNames, type SchemaFiles } from '@murmuration/schemas'
import { subjectOf } from './encoder.ts'
import type { RegistrySubjects } from './registry-subjects.ts'

/**
 * How the registry stands to the current schema of this repository:
 * - `same`: it is the subject's latest version
 * - `missing`: there is no such subject
 * - `new`: the latest version is a release that we know; a push registers ours after it
 * - `ahead`: ours is registered, and somebody registered another one after it: this checkout is older
 * - `diverged`: ours is not registered, and the latest version is no release that we know
 */
export type SubjectState = 'same' | 'missing' | 'new' | 'ahead' | 'diverged'

/** One subject: the registry against the repository. */
export interface SubjectDiff {
  readonly subject: string
  readonly state: SubjectState
  /** The registry's latest version; null where there is none. */
  readonly latest: number | null
  /** The version that is our current schema; null where it is not registered. */
  readonly ours: number | null
  /** The compatibility level that holds; null where the subject is missing. */
  readonly compatibility: string | null
}

/** Versions of a subject in the registry. */
export interface SubjectVersions {
  readonly latest: number | undefined
  readonly ours: number | undefined
  /** Versions that are our releases. */
  readonly known: readonly number[]
}

export function toSubjectState({ latest, ours, known }: SubjectVersions): SubjectState {
  if (latest === undefined) return 'missing'
  if (ours !== undefined) return ours === latest ? 'same' : 'ahead'
  return known.includes(latest) ? 'new' : 'diverged'
}

/**
 * Compares the registry with the repository, without changing it. The registry itself says which of its versions is
 * which of our schemas: each has its own idea of what makes two texts the same schema.
 *
 * @param options.onProgress subjects done so far, of how many
 * @throws {RegistryUnavailableError}
 * @throws {RegistryUnauthorizedError}
 */
export async function diffSchemas(
  registry: RegistrySubjects,
  files: SchemaFiles,
  options: { readonly topicPrefix: string; readonly onProgress: (done: number, total: number) => void },
): Promise<readonly SubjectDiff[]> {
  const diffs: SubjectDiff[] = []
  for (const record of recordNames) {
    const texts = { current: textsOf(files.current, record), released: textsOf(files.released, record) }
    diffs.push(await diffSubject(registry, subjectOf(record, options.topicPrefix), texts))
    options.onProgress(diffs.length, recordNames.length)
  }
  return diffs
}

async function diffSubject(
  registry: RegistrySubjects,
  subject: string,
  texts: { readonly current: readonly string[]; readonly released: readonly string[] },
): Promise<SubjectDiff> {
  const latest = await registry.latestVersion(subject)
  if (latest === undefined) return { subject, state: 'missing', latest: null, ours: null, compatibility: null }
  const [ours] = await findVersions(registry, subject, texts.current)
  const known = ours === undefined ? await findVersions(registry, subject, texts.released) : []
  const compatibility = await registry.compatibilityOf(subject)
  return { subject, state: toSubjectState({ latest, ours, known }), latest, ours: ours ?? null, compatibility }
}

async function findVersions(
  registry: RegistrySubjects,
  subject: string,
  schemas: readonly string[],
): Promise<readonly number[]> {
  const versions: number[] = []
  for (const schema of schemas) {
    const version = await registry.findVersion(subject, schema)
    if (version !== undefined) versions.push(version)
  }
  return versions
}

/** As they are registered: on one line. */
function textsOf(
  files: readonly { readonly record: string; readonly text: string }[],
  record: string,
): readonly string[] {
  return files.flatMap((file) => (file.record === record ? [JSON.stringify(JSON.parse(file.text))] : []))
}
