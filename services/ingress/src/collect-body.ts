import type { Readable } from 'node:stream'

/** A body that is larger than its source takes; answered 413. Has the shape that the HTTP framework expects. */
export class BodyTooLargeError extends Error {
  readonly statusCode = 413

  constructor() {
    super('the webhook is too large')
  }
}

/** Reads a body whole. @throws {BodyTooLargeError} at the first byte too many */
export function collectBody(stream: Readable, limits: { readonly maxBytes: number }): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= limits.maxBytes) chunks.push(chunk)
    else reject(new BodyTooLargeError())
  })
  stream.once('error', reject)
  stream.once('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
  return promise
}
