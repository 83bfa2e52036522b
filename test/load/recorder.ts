import { type LoadResult, NO_ANSWER } from './load-result.ts'
import type { ParsedResponse } from './response-parser.ts'

/** Keeps what came of each request. */
export interface Recorder {
  /** @param dueMs when it should have been sent; latency counts from then */
  sent(index: number, dueMs: number): void
  answered(index: number, response: ParsedResponse): void
  failed(index: number, reason: string): void
  connectionOpened(): void
  toResult(measured: Pick<LoadResult, 'measuredFromMs' | 'measuredToMs' | 'ranOut' | 'unsent'>): LoadResult
}

/** @param nowMs ms since the load began */
export function createRecorder(count: number, nowMs: () => number): Recorder {
  const status = new Uint16Array(count)
  const dueMs = new Float64Array(count)
  const sentMs = new Float64Array(count).fill(Number.NaN)
  const answeredMs = new Float64Array(count).fill(Number.NaN)
  const latencyMs = new Float32Array(count).fill(Number.NaN)
  const transportErrors: Record<string, number> = {}
  const retryAfter: Record<number, number> = {}
  let connectionsOpened = 0
  return {
    sent(index, due) {
      dueMs[index] = due
      sentMs[index] = nowMs()
    },
    answered(index, response) {
      const now = nowMs()
      status[index] = response.status
      answeredMs[index] = now
      latencyMs[index] = now - (dueMs[index] ?? now)
      if (response.hasRetryAfter) retryAfter[response.status] = (retryAfter[response.status] ?? 0) + 1
    },
    failed(index, reason) {
      status[index] = NO_ANSWER
      transportErrors[reason] = (transportErrors[reason] ?? 0) + 1
    },
    connectionOpened() {
      connectionsOpened += 1
    },
    toResult: (measured) => ({
      ...measured,
      status,
      sentMs,
      answeredMs,
      latencyMs,
      transportErrors,
      retryAfter,
      connectionsOpened,
    }),
  }
}
