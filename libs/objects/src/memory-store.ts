import { Readable } from 'node:stream'
import { hashSource } from './hash-source.ts'
import { ObjectMissingError } from './object-errors.ts'
import { parseObjectKey, toObjectKey } from './object-key.ts'
import type { ObjectStore } from './object-store.ts'

/** Keeps objects in memory: for tests and demonstrations. */
export function createMemoryStore(): ObjectStore {
  const objects = new Map<string, Buffer>()
  return {
    put: async (source, options) => {
      const chunks: Uint8Array[] = []
      const write = async (chunk: Uint8Array) => void chunks.push(chunk)
      const { sha256, bytes } = await hashSource(source, { ...options, write })
      const objectKey = toObjectKey(sha256)
      const existed = objects.has(objectKey)
      objects.set(objectKey, Buffer.concat(chunks))
      return { sha256, bytes, objectKey, existed }
    },
    open: async (objectKey) => {
      const bytes = objects.get(parseObjectKey(objectKey))
      if (bytes === undefined) throw new ObjectMissingError(objectKey)
      return Readable.from([bytes], { objectMode: false })
    },
    has: async (objectKey) => objects.has(parseObjectKey(objectKey)),
    delete: async (objectKey) => void objects.delete(parseObjectKey(objectKey)),
    check: async () => undefined,
    close: async () => undefined,
  }
}
