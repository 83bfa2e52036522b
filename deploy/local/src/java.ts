import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { LocalError } from './local-error.ts'
import { type Env, findOnPath, isExecutable } from './on-path.ts'

/** A Java that is new enough. */
export interface Java {
  /** Path of the `java` program. */
  readonly command: string
  /** Major version, 17 or more. */
  readonly major: number
  /** All that `java -version` says: another build of Java means another class archive. */
  readonly version: string
}

export const OLDEST_JAVA = 17

/** How to get one; stands in every message about it. */
export const JAVA_HELP =
  `Install Java ${OLDEST_JAVA} or newer (a runtime is enough): "sudo apt-get install openjdk-17-jre-headless", ` +
  '"sudo dnf install java-21-openjdk-headless" or "brew install openjdk", then put it on PATH or set JAVA_HOME.'

/**
 * Finds Java: JAVA_HOME first, then PATH.
 *
 * @throws {LocalError} there is none, it does not run, or it is too old; says how to get one
 */
export async function findJava(env: Env): Promise<Java> {
  const home = env.JAVA_HOME
  const candidates: string[] = []
  if (home !== undefined && home !== '') candidates.push(join(home, 'bin', 'java'))
  const onPath = findOnPath('java', env)
  if (onPath !== undefined) candidates.push(onPath)

  const seen: string[] = []
  for (const command of candidates) {
    if (!isExecutable(command)) {
      seen.push(`${command} (from JAVA_HOME) is not there`)
      continue
    }
    const version = await askVersion(command, env)
    const major = toMajor(version)
    if (major !== undefined && major >= OLDEST_JAVA) return { command, major, version }
    seen.push(major === undefined ? `${command} does not run` : `${command} is Java ${major}, which is too old`)
  }
  const found = seen.length === 0 ? 'No Java was found.' : `No usable Java was found: ${seen.join('; ')}.`
  throw new LocalError(`${found}\n${JAVA_HELP}`)
}

/** The major version in the output of `java -version`; 8 for `1.8.0`, undefined when it says none. */
export function toMajor(version: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(version)
  return match === null ? undefined : Number(match[1])
}

function askVersion(command: string, env: Env): Promise<string> {
  return new Promise((resolve) => {
    // -XX:TieredStopAtLevel and -Xshare keep this under 0.1 s. macOS has a stub that fails here.
    const args = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-version']
    execFile(command, args, { env: { ...env }, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : '')
    })
  })
}
