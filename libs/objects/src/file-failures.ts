import { ObjectStoreFailedError } from './object-errors.ts'

/**
 * Runs one action on the file system; what it throws becomes an ObjectStoreFailedError. Every failure counts as the
 * store's (ENOSPC, EACCES, EROFS, EIO, a directory that is gone …): none of them is the object's fault.
 */
export async function onStore<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new ObjectStoreFailedError({ action, systemCode: codeOf(error) ?? 'unknown' }, { cause: error })
  }
}

/** Whether the file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
