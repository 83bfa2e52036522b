import { constants } from 'node:fs'
import { access, type FileHandle, mkdir, mkdtemp, open, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isMissing, onStore } from './file-failures.ts'
import { hashSource } from './hash-source.ts'
import { ObjectMissingError } from './object-errors.ts'
import { parseObjectKey, toObjectKey } from './object-key.ts'
import type { ObjectStore, StoredObject } from './object-store.ts'

export interface FileStoreOptions {
  /** Absolute path; made where missing. One file system: objects are renamed into place. */
  readonly dir: string
  /**
   * Name of this process, unique among those that share `dir` and stable over restarts: its unfinished files lie in
   * `tmp/<owner>` and are swept when it starts again, and nobody else's. Letters, digits, `.`, `_`, `-`.
   */
  readonly owner?: string
  /** Makes a directory's entries durable; replaced in tests only. */
  readonly syncDir?: (path: string) => Promise<void>
}

/**
 * Creates a store in a directory, and sweeps what an earlier run left unfinished.
 * @throws {ObjectStoreFailedError} the directory can't be made or written
 */
export async function createFileStore(options: FileStoreOptions): Promise<ObjectStore> {
  const { dir, owner = 'store', syncDir = syncDirectory } = options
  if (!/^(?!\.)[\w.-]+$/.test(owner)) throw new TypeError('owner is not a plain name')
  const temp = join(dir, 'tmp', owner)
  const pathOf = (objectKey: string) => join(dir, parseObjectKey(objectKey))
  let puts = 0
  // A directory of its own per run: two processes that wrongly share a name still can't move each other's files.
  const run = await onStore('start', () => prepare(dir, temp, syncDir))

  return {
    put: async (source, putOptions) => {
      puts += 1
      const tempPath = join(run, `${puts}.part`)
      try {
        const { sha256, bytes } = await writeTemp(tempPath, source, putOptions)
        const objectKey = toObjectKey(sha256)
        const existed = await onStore('write', () => moveIntoPlace(tempPath, join(dir, objectKey), { bytes, syncDir }))
        return { sha256, bytes, objectKey, existed }
      } finally {
        await rm(tempPath, { force: true }).catch(() => undefined)
      }
    },
    open: async (objectKey) => {
      const path = pathOf(objectKey)
      const handle = await onStore('read', () => open(path).catch(undefinedIfMissing))
      if (handle === undefined) throw new ObjectMissingError(objectKey)
      return handle.createReadStream()
    },
    has: async (objectKey) => {
      const path = pathOf(objectKey)
      return (await onStore('read', () => stat(path).catch(undefinedIfMissing))) !== undefined
    },
    delete: async (objectKey) => {
      const path = pathOf(objectKey)
      const gone = await onStore('delete', () =>
        unlink(path)
          .then(() => true)
          .catch(undefinedIfMissing),
      )
      if (gone === true) await onStore('delete', () => syncDir(dirname(path)))
    },
    check: async () => {
      await onStore('write', () => access(join(dir, 'sha256'), constants.W_OK))
      await onStore('write', () => probe(join(run, 'check')))
    },
    close: async () => undefined,
  }
}

async function prepare(dir: string, temp: string, syncDir: (path: string) => Promise<void>): Promise<string> {
  await rm(temp, { recursive: true, force: true })
  await mkdir(temp, { recursive: true, mode: 0o700 })
  await mkdir(join(dir, 'sha256'), { recursive: true, mode: 0o700 })
  await syncDir(dir)
  return mkdtemp(join(temp, 'run-'))
}

/** Streams a source into a new file and makes it durable. What the source throws passes through as it is. */
async function writeTemp(
  path: string,
  source: Parameters<ObjectStore['put']>[0],
  options: Parameters<ObjectStore['put']>[1],
) {
  let handle: FileHandle | undefined
  const write = async (chunk: Uint8Array) => {
    await onStore('write', async () => {
      handle ??= await open(path, 'wx', 0o600)
      await handle.writeFile(chunk)
    })
  }
  try {
    const hashed = await hashSource(source, { ...options, write })
    // An empty source is a file as well.
    if (handle === undefined) await write(new Uint8Array(0))
    await onStore('write', async () => handle?.sync())
    return hashed
  } finally {
    await handle?.close().catch(() => undefined)
  }
}

/**
 * Gives a durable file its final name. Directories are synced even where the object was there: the run that made it
 * may have died before it did so.
 * @returns whether the object existed, whole
 */
async function moveIntoPlace(
  tempPath: string,
  path: string,
  input: { readonly bytes: number; readonly syncDir: (path: string) => Promise<void> },
): Promise<StoredObject['existed']> {
  const present = await stat(path).catch(undefinedIfMissing)
  const existed = present?.size === input.bytes
  const leaf = dirname(path)
  if (!existed) {
    await mkdir(leaf, { recursive: true, mode: 0o700 })
    await rename(tempPath, path)
  }
  for (const directory of [leaf, dirname(leaf), dirname(dirname(leaf))]) await input.syncDir(directory)
  return existed
}

async function probe(path: string): Promise<void> {
  const handle = await open(path, 'w', 0o600)
  try {
    await handle.writeFile('check')
    await handle.sync()
  } finally {
    await handle.close()
    await rm(path, { force: true })
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined
  throw error
}
