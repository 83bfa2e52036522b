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
  /** The bodies that have not come whole. */
  readonly reading: Set<BodyBeingRead>
}

/** A body that has not come whole. */
interface BodyBeingRead {
  bytes: number
  refuse(problem: BodyRefusedError): void
}

export function createBodyBudget(maxBytes: number): BodyBudget {
  return { bytes: 0, maxBytes, reading: new Set() }
}

/** What became of a body; one of both is called, once. */
export interface BodyEnd {
  whole(body: Buffer): void
  /** At the first byte or chunk too many: 413, 400; 503 over the budget. Else it broke off. */
  failed(error: Error): void
}

/** What is said of a body that is refused since all of them together are too large. */
export const OVER_BUDGET = 'bodies on their way fill their room, and the largest was refused'

/** Chunks of which each may be small. A body is some kilobytes, and comes in a few. */
const MAX_SMALL_CHUNKS = 1_024
/** Beyond those, what a chunk must hold on average, bytes: each costs us some hundred bytes and microseconds of its own. */
const MIN_CHUNK_BYTES = 64

/**
 * Reads a body whole. With callbacks: a promise would cost each webhook more than the reading does.
 *
 * Over the budget the largest of all bodies is refused: whoever holds most, and not whoever comes last, which would be a real
 * webhook beside a hundred strangers who hold a megabyte each.
 */
export function collectBody(
  request: { pourInto(sink: BodySink): void },
  { maxBytes, budget }: { readonly maxBytes: number; readonly budget: BodyBudget },
  ended: BodyEnd,
): void {
  let chunks: Buffer[] = []
  const body: BodyBeingRead = {
    bytes: 0,
    refuse(problem) {
      end()
      ended.failed(problem)
    },
  }

  function end(): void {
    budget.bytes -= body.bytes
    budget.reading.delete(body)
    body.bytes = 0
    chunks = []
  }
  budget.reading.add(body)
  request.pourInto({
    chunk(chunk) {
      // What still comes after a refusal is dropped, until the answer closes the connection.
      if (!budget.reading.has(body)) return
      body.bytes += chunk.length
      budget.bytes += chunk.length
      chunks.push(chunk)
      const problem = problemOf(body.bytes, chunks.length, maxBytes)
      if (problem !== undefined) body.refuse(problem)
      while (budget.bytes > budget.maxBytes && budget.reading.size > 0) largestOf(budget).refuse(overBudget())
    },
    end() {
      if (!budget.reading.has(body)) return
      const [first] = chunks
      const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
      end()
      ended.whole(whole)
    },
    fail(error) {
      if (!budget.reading.has(body)) return
      end()
      ended.failed(error)
    },
  })
}

function largestOf({ reading }: BodyBudget): BodyBeingRead {
  return [...reading].reduce((largest, body) => (body.bytes > largest.bytes ? body : largest))
}

function overBudget(): BodyRefusedError {
  return new BodyRefusedError(503, OVER_BUDGET)
}

function problemOf(bytes: number, chunks: number, maxBytes: number): BodyRefusedError | undefined {
  if (bytes > maxBytes) return new BodyRefusedError(413, 'the webhook is too large')
  if (chunks > MAX_SMALL_CHUNKS && bytes < chunks * MIN_CHUNK_BYTES) return new BodyRefusedError(400, 'bad request')
  return undefined
}
