import { existsSync } from 'node:fs'
import { mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, describeLog, LocalError, spawnChild } from '@murmuration/local'

/** A file system of its own, of some megabytes in memory. */
export interface SmallDisk {
  /** Its root, for every process of this user. */
  readonly path: string
  /** Leaves no free block. */
  fill(): Promise<void>
  /** Takes back what `fill` took. */
  free(): Promise<void>
  /** Everything on it is gone. */
  close(): Promise<void>
}

const BLOCK = Buffer.alloc(65_536, 1)

/** The first works for everybody where the system allows user namespaces, the second for a root who may mount. */
const namespaces = [['-Urm'], ['-m']] as const

/**
 * Mounts a tmpfs in a mount namespace that a sleeping process keeps alive, and reaches it through that process's root in
 * /proc: the mount never shows on the machine, and is gone with the process whatever happens to us.
 *
 * @throws {LocalError} the machine lets this user mount nothing, in neither way; says what is needed
 */
export async function startSmallDisk(options: {
  readonly megabytes: number
  readonly logDir: string
}): Promise<SmallDisk> {
  const mountPoint = await mkdtemp(join(tmpdir(), 'small-disk-'))
  try {
    const keeper = await startKeeper(mountPoint, options)
    const path = `/proc/${keeper.pid}/root${mountPoint}`
    const ballast = join(path, 'ballast')
    return {
      path,
      fill: () => fill(path, ballast),
      free: () => rm(ballast, { force: true }),
      close: async () => {
        await keeper.kill()
        await rm(mountPoint, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(mountPoint, { recursive: true, force: true })
    throw error
  }
}

async function startKeeper(
  mountPoint: string,
  options: { readonly megabytes: number; readonly logDir: string },
): Promise<Child> {
  const script = `mount -t tmpfs -o size=${options.megabytes}m tmpfs "$0" && touch "$0/mounted" && exec sleep 2147483647`
  const tried: string[] = []
  for (const flags of namespaces) {
    const keeper = spawnChild({
      name: 'small disk',
      command: 'unshare',
      args: [...flags, 'sh', '-c', script, mountPoint],
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      logFile: join(options.logDir, `small-disk${flags.join('')}.log`),
    })
    if (await isMounted(keeper, mountPoint)) return keeper
    tried.push(`unshare ${flags.join(' ')}: ${describeLog(keeper)}`)
  }
  throw new LocalError(
    'The test of a full disk needs a small file system of its own. Allow unprivileged user namespaces ' +
      '(`sysctl kernel.unprivileged_userns_clone=1`, in a container `--security-opt seccomp=unconfined`), or run it as a ' +
      `root that may mount (in a container \`--cap-add SYS_ADMIN\`); \`unshare\` is in util-linux.\n${tried.join('\n')}`,
  )
}

/** False when the keeper ended, so that there is no mount. */
async function isMounted(keeper: Child, mountPoint: string): Promise<boolean> {
  while (keeper.isRunning()) {
    if (existsSync(`/proc/${keeper.pid}/root${mountPoint}/mounted`)) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

async function fill(path: string, ballast: string): Promise<void> {
  const file = await open(ballast, 'a')
  try {
    for (;;) {
      const { bavail, bsize } = await statfs(path)
      await file.write(BLOCK, 0, Math.min(BLOCK.length, Math.max(bsize, bavail * bsize)))
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    await file.close()
  }
}
