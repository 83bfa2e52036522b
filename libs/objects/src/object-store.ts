import type { Readable } from 'node:stream'

export interface PutOptions {
  /** Cap, enforced while streaming. */
  readonly maxBytes: number
  /** Breaks the source off; `put` then rejects with its reason and stores nothing. */
  readonly signal?: AbortSignal
}

export interface StoredObject {
  /** Of the bytes, lower-case hex. */
  readonly sha256: string
  readonly bytes: number
  /** `sha256/ab/cd/<sha256>` */
  readonly objectKey: string
  /** Whether the same bytes were there before. */
  readonly existed: boolean
}

/**
 * Port: keeps immutable bytes under the name of their hash. Each implementation passes `describeObjectStore`.
 *
 * Identical bytes are one object, whoever puts them: delete it only when nobody refers to it any more.
 */
export interface ObjectStore {
  /**
   * Stores a source of unknown length; durable when it resolves. Whatever fails, nothing partial is ever visible and
   * the source is destroyed.
   * @throws {ObjectTooLargeError} and what the source throws, as it is
   * @throws {ObjectStoreFailedError}
   */
  put(source: Readable | AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredObject>
  /** @throws {ObjectMissingError | ObjectStoreFailedError} */
  open(objectKey: string): Promise<Readable>
  has(objectKey: string): Promise<boolean>
  /** Does nothing where there is no such object. */
  delete(objectKey: string): Promise<void>
  /** Proves that the store can be written, for readiness. @throws {ObjectStoreFailedError} */
  check(): Promise<void>
  close(): Promise<void>
}
