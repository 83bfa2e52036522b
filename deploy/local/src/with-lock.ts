import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `work` while no other process of this machine does so under the same lock file. A lock whose process is gone is
 * taken over.
 *
 * @param options.onWait told once when somebody else holds it
 */
export async function withLock<T>(
  file: string,
  options: { readonly onWait?: (pid: number) => void; readonly signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  for (let told = false; !(await take(file)); ) {
    options.signal?.throwIfAborted()
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    // 0: the file is gone, or its owner has not written its number yet.
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true })
    else if (holder > 0 && !told) {
      told = true
      options.onWait?.(holder)
    }
    await sleep(100)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
