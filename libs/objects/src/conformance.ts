import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ObjectMissingError, ObjectTooLargeError } from './object-errors.ts'
import type { ObjectStore } from './object-store.ts'

const TEXT = Buffer.from('a file of ours')
const SHA256 = createHash('sha256').update(TEXT).digest('hex')
const KEY = `sha256/${SHA256.slice(0, 2)}/${SHA256.slice(2, 4)}/${SHA256}`
const OTHER_KEY = `sha256/00/00/${'0'.repeat(64)}`

const bad = [
  '',
  '/',
  '..',
  '../x',
  `../${KEY}`,
  `/${KEY}`,
  `${KEY}/..`,
  `${KEY}\n`,
  KEY.toUpperCase(),
  KEY.slice(0, -1),
]
const badKeys = [...bad, `sha256/aa/bb/${SHA256}`, `sha256/../../${SHA256}`, `${KEY}\0`, `${KEY}x`]

/**
 * What every object store keeps. Call it in a test file of the implementation.
 * @param create a new, empty store for each test
 */
export function describeObjectStore(
  name: string,
  create: () => Promise<{ readonly store: ObjectStore; readonly cleanUp: () => Promise<void> }>,
): void {
  describe(`${name} as an object store`, () => {
    let store: ObjectStore
    let cleanUp: () => Promise<void>

    beforeEach(async () => {
      const created = await create()
      store = created.store
      cleanUp = created.cleanUp
    })
    afterEach(async () => {
      await store.close()
      await cleanUp()
    })
    const putText = () => store.put(Readable.from([TEXT]), { maxBytes: 1_000 })

    describePut(() => store, putText)
    describeKeys(() => store, putText)
  })
}

function describePut(store: () => ObjectStore, putText: () => ReturnType<ObjectStore['put']>): void {
  it('stores bytes under their hash and gives them back', async () => {
    expect(await putText()).toEqual({ sha256: SHA256, bytes: TEXT.length, objectKey: KEY, existed: false })
    expect(TEXT.equals(await buffer(await store().open(KEY)))).toBe(true)
  })

  it('stores the same bytes once, however they are chunked', async () => {
    async function* chunked() {
      for (const byte of TEXT) yield Uint8Array.of(byte)
    }
    await putText()
    expect(await store().put(chunked(), { maxBytes: 1_000 })).toMatchObject({ objectKey: KEY, existed: true })
  })

  it('stores the same bytes once when they come twice at a time', async () => {
    const [first, second] = await Promise.all([putText(), putText()])
    expect(first.objectKey).toBe(second.objectKey)
    expect(TEXT.equals(await buffer(await store().open(KEY)))).toBe(true)
  })

  it('stores an empty object', async () => {
    const { objectKey, bytes } = await store().put(Readable.from([]), { maxBytes: 0 })
    expect(bytes).toBe(0)
    expect(await buffer(await store().open(objectKey))).toHaveLength(0)
  })

  it('takes a source of exactly the cap, and refuses one byte more, storing nothing', async () => {
    const source = Readable.from([TEXT])
    await expect(store().put(source, { maxBytes: TEXT.length - 1 })).rejects.toBeInstanceOf(ObjectTooLargeError)
    expect(source.destroyed).toBe(true)
    expect(await store().has(KEY)).toBe(false)
    expect(await store().put(Readable.from([TEXT]), { maxBytes: TEXT.length })).toMatchObject({ existed: false })
  })

  it('stops reading a source that never ends at the cap', async () => {
    let made = 0
    async function* endless() {
      for (;;) {
        made += 1
        yield Buffer.alloc(1_000)
      }
    }
    await expect(store().put(endless(), { maxBytes: 10_000 })).rejects.toBeInstanceOf(ObjectTooLargeError)
    expect(made).toBeLessThan(30)
  })

  it('passes the error of a broken source on as it is, storing nothing', async () => {
    const error = new Error('connection reset')
    async function* broken() {
      yield TEXT
      throw error
    }
    await expect(store().put(broken(), { maxBytes: 1_000 })).rejects.toBe(error)
    expect(await store().has(KEY)).toBe(false)
  })

  it("rejects with the signal's reason, storing nothing, while the source is silent", async () => {
    const controller = new AbortController()
    const reason = new Error('partition lost')
    const source = new Readable({ read: () => undefined })
    source.push(TEXT)
    const put = store().put(source, { maxBytes: 1_000, signal: controller.signal })
    controller.abort(reason)
    await expect(put).rejects.toBe(reason)
    expect(source.destroyed).toBe(true)
    expect(await store().has(KEY)).toBe(false)
  })
}

function describeKeys(store: () => ObjectStore, putText: () => ReturnType<ObjectStore['put']>): void {
  it('says what it has', async () => {
    expect(await store().has(KEY)).toBe(false)
    await putText()
    expect(await store().has(KEY)).toBe(true)
    expect(await store().has(OTHER_KEY)).toBe(false)
  })

  it('rejects to open what it does not have', async () => {
    await expect(store().open(OTHER_KEY)).rejects.toBeInstanceOf(ObjectMissingError)
  })

  it('deletes an object, and does nothing the second time', async () => {
    await putText()
    await store().delete(KEY)
    await store().delete(KEY)
    expect(await store().has(KEY)).toBe(false)
    expect(await putText()).toMatchObject({ existed: false })
  })

  it.each(badKeys)('refuses %j, which is no object key', async (objectKey) => {
    await putText()
    await expect(store().open(objectKey)).rejects.toBeInstanceOf(TypeError)
    await expect(store().has(objectKey)).rejects.toBeInstanceOf(TypeError)
    await expect(store().delete(objectKey)).rejects.toBeInstanceOf(TypeError)
  })

  it('is ready when it can be written', async () => {
    await expect(store().check()).resolves.toBeUndefined()
  })
}
