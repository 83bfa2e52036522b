import { createHash } from 'node:crypto'
import { addAbortSignal, Readable } from 'node:stream'
import { ObjectTooLargeError } from './object-errors.ts'
import type { PutOptions } from './object-store.ts'

/**
 * Reads a source to its end, hashing and counting, and hands each chunk on before it reads the next.
 *
 * The source is destroyed in every case, so that a connection behind it never leaks.
 * @throws {ObjectTooLargeError} before the chunk that passes the cap is handed on; else what the source or `write`
 *   throws, or the signal's reason
 */
export async function hashSource(
  source: Readable | AsyncIterable<Uint8Array>,
  options: PutOptions & { readonly write: (chunk: Uint8Array) => Promise<void> },
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const readable = source instanceof Readable ? source : Readable.from(source)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    options.signal?.throwIfAborted()
    if (options.signal !== undefined) addAbortSignal(options.signal, readable)
    for await (const chunk of readable as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > options.maxBytes) throw new ObjectTooLargeError(options.maxBytes)
      hash.update(chunk)
      await options.write(chunk)
    }
    options.signal?.throwIfAborted()
    return { sha256: hash.digest('hex'), bytes }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    readable.destroy()
  }
}
