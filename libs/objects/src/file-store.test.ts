import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeObjectStore } from './conformance.ts'
import { createFileStore } from './file-store.ts'
import { ObjectStoreFailedError } from './object-errors.ts'

let dir: string

async function makeDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'murmuration-objects-'))
}

describeObjectStore('directory', async () => {
  const own = await makeDir()
  return { store: await createFileStore({ dir: own }), cleanUp: () => rm(own, { recursive: true }) }
})

describe('a store in a directory', () => {
  beforeEach(async () => {
    dir = await makeDir()
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const put = async (text: string) => (await createFileStore({ dir })).put(Readable.from([text]), { maxBytes: 100 })
  const unfinished = async (owner = 'store') =>
    (await readdir(join(dir, 'tmp', owner), { recursive: true })).filter((name) => name.endsWith('.part'))

  it('keeps one file per object, readable by its owner only, and no temporary one', async () => {
    const { objectKey } = await put('text')
    expect(await readFile(join(dir, objectKey), 'utf8')).toBe('text')
    expect((await stat(join(dir, objectKey))).mode & 0o777).toBe(0o600)
    expect(await unfinished()).toEqual([])
  })

  it('syncs the directories after the object is in place, up to the top', async () => {
    const synced: string[] = []
    const syncDir = async (path: string) => void synced.push(relative(dir, path))
    const store = await createFileStore({ dir, syncDir })
    const first = await store.put(Readable.from(['text']), { maxBytes: 100 })
    const [, ab = '', cd = ''] = first.objectKey.split('/')
    const chain = [`sha256/${ab}/${cd}`, `sha256/${ab}`, 'sha256']
    expect(synced).toEqual(['', ...chain])
    await store.put(Readable.from(['text']), { maxBytes: 100 })
    expect(synced).toEqual(['', ...chain, ...chain])
  })

  it('removes the temporary file when the source breaks', async () => {
    const store = await createFileStore({ dir })
    async function* broken() {
      yield Buffer.from('half')
      throw new Error('reset')
    }
    await expect(store.put(broken(), { maxBytes: 100 })).rejects.toThrow('reset')
    expect(await unfinished()).toEqual([])
  })

  it('sweeps at start what it left unfinished, and nothing of another owner', async () => {
    for (const owner of ['media-0', 'media-1']) {
      await mkdir(join(dir, 'tmp', owner), { recursive: true })
      await writeFile(join(dir, 'tmp', owner, '1-1.part'), 'half')
    }
    await createFileStore({ dir, owner: 'media-0' })
    expect(await unfinished('media-0')).toEqual([])
    expect(await unfinished('media-1')).toEqual(['1-1.part'])
  })

  it('replaces an object whose size shows that it was damaged', async () => {
    const { objectKey } = await put('text')
    await writeFile(join(dir, objectKey), 'te')
    expect(await put('text')).toMatchObject({ existed: false })
    expect(await readFile(join(dir, objectKey), 'utf8')).toBe('text')
  })

  it.each(['../x', '', '.', '..', 'a/b'])('refuses %j as owner', async (owner) => {
    await expect(createFileStore({ dir, owner })).rejects.toBeInstanceOf(TypeError)
  })

  it('waits (MUR_OBJECT_STORE_FAILED) when its directory is gone, and destroys the source', async () => {
    const store = await createFileStore({ dir })
    await rm(dir, { recursive: true })
    const source = Readable.from(['text'])
    await expect(store.put(source, { maxBytes: 100 })).rejects.toMatchObject({
      code: 'MUR_OBJECT_STORE_FAILED',
      disposition: 'wait',
      systemCode: 'ENOENT',
    })
    expect(source.destroyed).toBe(true)
    await expect(store.check()).rejects.toBeInstanceOf(ObjectStoreFailedError)
  })

  it('reports a directory that cannot be made', async () => {
    await writeFile(join(dir, 'file'), '')
    await expect(createFileStore({ dir: join(dir, 'file') })).rejects.toMatchObject({ systemCode: 'ENOTDIR' })
  })

  it('reports a full disk as the failure of the store, and removes what it wrote', async () => {
    const full = async () => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    }
    let calls = 0
    const store = await createFileStore({ dir, syncDir: async () => (calls++ === 0 ? undefined : full()) })
    await expect(store.put(Readable.from(['text']), { maxBytes: 100 })).rejects.toMatchObject({
      systemCode: 'ENOSPC',
      disposition: 'wait',
    })
    expect(await unfinished()).toEqual([])
  })
})
