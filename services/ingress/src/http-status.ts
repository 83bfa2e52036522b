import { type ErrorCode, errorCodeOf } from '@murmuration/errors'
import { RateLimitedError } from './rate-limit.ts'

/** How an error is answered to Bird, which repeats everything but 2xx for hours. */
export interface HttpAnswer {
  readonly status: number
  /** Label of the metric. */
  readonly result: 'rejected' | 'unavailable' | 'overloaded' | 'rate-limited'
  readonly retryAfterSeconds?: number
}

const UNAVAILABLE: HttpAnswer = { status: 503, result: 'unavailable', retryAfterSeconds: 5 }

/** THE table from error codes to HTTP. What is not listed is a failure of ours, and worth another try: 503. */
const answers: Partial<Record<ErrorCode, HttpAnswer>> = {
  MUR_SIGNATURE_REJECTED: { status: 401, result: 'rejected' },
  MUR_KAFKA_UNAVAILABLE: UNAVAILABLE,
  MUR_KAFKA_OVERLOADED: { status: 503, result: 'overloaded', retryAfterSeconds: 2 },
  MUR_KAFKA_REFUSED: { ...UNAVAILABLE, retryAfterSeconds: 60 },
}

/** The answer for anything thrown on the way of a webhook. */
export function toHttpAnswer(error: unknown): HttpAnswer {
  if (error instanceof RateLimitedError) {
    return { status: 429, result: 'rate-limited', retryAfterSeconds: Math.ceil(error.retryAfterMs / 1_000) }
  }
  return answers[errorCodeOf(error)] ?? UNAVAILABLE
}
