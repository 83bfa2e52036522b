import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LockedArtifact, toCoordinates, toFileName } from './artifact-lock.ts'
import { runChild } from './child.ts'
import { DEPENDENCY_PLUGIN, toPom } from './maven-pom.ts'
import type { Env } from './on-path.ts'

export interface MavenOptions {
  /** Path of `mvn`. */
  readonly mvn: string
  /** A folder for files on their way; what Maven brings lies in a folder of its own below, removed at the end. */
  readonly dir: string
  readonly logDir: string
  /** Whole: Maven's own variables, the proxy's and HOME (settings.xml) apply. */
  readonly env: Env
  /** Told as Maven tells: how many bytes of which file are there now. */
  readonly onBytes: (artifact: LockedArtifact, bytes: number) => void
  /** Takes a complete file over; throws when its content is wrong. */
  readonly accept: (artifact: LockedArtifact, file: string) => Promise<void>
  readonly signal?: AbortSignal | undefined
}

/**
 * Lets Maven fetch, so that a company's mirror, proxy and settings.xml apply. Jars come in one run, other files one by
 * one, since a project cannot depend on a file whose parent POM is missing.
 *
 * @throws {LocalError} Maven failed; carries the last lines of its output
 * @throws what `accept` throws
 */
export async function fetchWithMaven(artifacts: readonly LockedArtifact[], options: MavenOptions): Promise<void> {
  await mkdir(options.dir, { recursive: true })
  const work = await mkdtemp(join(options.dir, 'maven-'))
  const onLine = (line: string) => readTransfers(line, { artifacts, onBytes: options.onBytes })

  async function run(args: readonly string[]) {
    await runChild({
      name: 'maven',
      command: options.mvn,
      // Without batch mode it tells how far a transfer is; its input is closed, so it cannot ask anything.
      args: ['-Dstyle.color=never', ...args],
      cwd: work,
      env: Object.fromEntries(Object.entries(options.env).filter((entry) => entry[1] !== undefined)) as Record<
        string,
        string
      >,
      logFile: join(options.logDir, 'maven.log'),
      onLine,
      signal: options.signal,
    })
  }

  try {
    const jars = artifacts.filter((artifact) => artifact.extension === 'jar')
    if (jars.length > 0) {
      await writeFile(join(work, 'pom.xml'), toPom(jars))
      await run([`${DEPENDENCY_PLUGIN}:copy-dependencies`, `-DoutputDirectory=${work}`])
      for (const jar of jars) await options.accept(jar, join(work, toFileName(jar)))
    }
    for (const other of artifacts.filter((artifact) => artifact.extension !== 'jar')) {
      const file = join(work, toFileName(other))
      await run([
        `${DEPENDENCY_PLUGIN}:get`,
        '-Dtransitive=false',
        `-Dartifact=${toCoordinates(other)}`,
        `-Ddest=${file}`,
      ])
      await options.accept(other, file)
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }

/** Maven 3.8 names no files while they come; only a file of such a size is told apart by its size alone. */
const UNMISTAKABLE_BYTES = 50e6

/**
 * Reads one line of Maven's output: `Downloaded from …/name.jar (…)` when a file is complete, and
 * `Progress (2): 1.2/109 MB | 5/6 kB` before.
 */
export function readTransfers(
  line: string,
  input: {
    readonly artifacts: readonly LockedArtifact[]
    readonly onBytes: (artifact: LockedArtifact, bytes: number) => void
  },
): void {
  const done = /^Downloaded from .*\/([^/ ]+) \(/.exec(line)
  if (done !== null) {
    const artifact = input.artifacts.find((one) => toFileName(one) === done[1])
    if (artifact !== undefined) input.onBytes(artifact, artifact.bytes)
    return
  }
  if (!line.startsWith('Progress (')) return
  for (const [, amount, total, unit = ''] of line.matchAll(/([\d.]+)\/([\d.]+) (kB|MB|GB)/g)) {
    const unitBytes = UNITS[unit] ?? 1
    const artifact = input.artifacts.find(
      (one) => one.bytes >= UNMISTAKABLE_BYTES && Math.round(one.bytes / unitBytes) === Number(total),
    )
    // Rounded: the last piece is counted when the file is complete.
    if (artifact !== undefined)
      input.onBytes(artifact, Math.min(artifact.bytes - 1, Math.round(Number(amount) * unitBytes)))
  }
}
