import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The environment of the process, as `main.ts` read it. */
export type Env = Readonly<Record<string, string | undefined>>

/** The first executable of that name on PATH, or undefined. */
export function findOnPath(name: string, env: Env): string | undefined {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue
    const file = join(folder, name)
    if (isExecutable(file)) return file
  }
  return undefined
}

/** Whether this is a file that may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/**
 * The few variables that a child of the stack gets. PGHOST, QUARKUS_*, APICURIO_* and the like of the person's own shell
 * would otherwise configure our servers.
 */
export function toChildEnv(env: Env): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' }
  for (const name of ['PATH', 'HOME', 'USER', 'TMPDIR', 'JAVA_HOME', 'JAVA_TOOL_OPTIONS', 'LD_LIBRARY_PATH']) {
    const value = env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}
