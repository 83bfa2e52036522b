import type { BodySink } from './webhook-request.ts'

/** A body that is not read to its end. Has the shape that the HTTP framework expects. */
export class BodyRefusedError extends Error {
  readonly statusCode: 400 | 413 | 503

  constructor(statusCode: 400 | 413 | 503, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** Bytes of all bodies that are being read: nobody has proven anything yet, so their sum is bounded. */
export interface BodyBudget {
  bytes: number
  readonly maxBytes: number
}

/** Chunks of which each may be small. A body is some kilobytes, and comes in a few. */
const MAX_SMALL_CHUNKS = 1_024
/** Beyond those, what a chunk must hold on average, bytes: each costs us some hundred bytes and microseconds of its own. */
const MIN_CHUNK_BYTES = 64

/** Reads a body whole. @throws {BodyRefusedError} at the first byte or chunk too many: 413, 400; 503 over the budget */
export function collectBody(
  request: { pourInto(sink: BodySink): void },
  limits: { readonly maxBytes: number; readonly budget: BodyBudget },
): Promise<Buffer> {
  const { budget } = limits
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let chunks: Buffer[] = []
  let bytes = 0
  let isOver = false

  function end(): void {
    budget.bytes -= bytes
    isOver = true
    bytes = 0
    chunks = []
  }
  request.pourInto({
    chunk(chunk) {
      // What still comes is dropped, until the answer closes the connection.
      if (isOver) return
      bytes += chunk.length
      budget.bytes += chunk.length
      chunks.push(chunk)
      const problem = problemOf(bytes, chunks.length, limits)
      if (problem === undefined) return
      end()
      reject(problem)
    },
    end() {
      const [first] = chunks
      const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
      end()
      resolve(body)
    },
    fail(error) {
      end()
      reject(error)
    },
  })
  return promise
}

function problemOf(
  bytes: number,
  chunks: number,
  { maxBytes, budget }: { readonly maxBytes: number; readonly budget: BodyBudget },
): BodyRefusedError | undefined {
  if (bytes > maxBytes) return new BodyRefusedError(413, 'the webhook is too large')
  if (chunks > MAX_SMALL_CHUNKS && bytes < chunks * MIN_CHUNK_BYTES) return new BodyRefusedError(400, 'bad request')
  return budget.bytes > budget.maxBytes ? new BodyRefusedError(503, 'overloaded') : undefined
}
