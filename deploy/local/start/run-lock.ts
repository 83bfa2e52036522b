import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { LocalError } from '../src/local-error.ts'

/**
 * Takes the lock of this checkout: two stacks on the same data would corrupt it. A lock whose process is gone is taken
 * over.
 *
 * @returns gives the lock back
 * @throws {LocalError} another `npm start` runs here
 */
export function takeRunLock(file: string): () => void {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch {
    const owner = Number(readFileSync(file, 'utf8'))
    if (isAlive(owner)) {
      throw new LocalError(`Murmuration already runs in this folder (process ${owner}). Stop it first: kill ${owner}`)
    }
    writeFileSync(file, String(process.pid))
  }
  return () => rmSync(file, { force: true })
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
