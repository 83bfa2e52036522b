import { PipelineError } from '@murmuration/errors'
import type { Source } from './sources.ts'

/** More webhooks of a source than its limit allows; answered 429. Nothing was published. */
export class RateLimitedError extends PipelineError {
  readonly code = 'MUR_RATE_LIMITED'
  readonly disposition = 'wait'
  readonly retryAfterMs: number

  constructor(details: { readonly retryAfterMs: number }) {
    super(`the source's rate limit is reached; room again in ${details.retryAfterMs} ms`)
    this.retryAfterMs = details.retryAfterMs
  }
}

interface Bucket {
  tokens: number
  atMs: number
}

/** Token buckets, one per source. */
export interface RateLimiter {
  /** Takes a token. @throws {RateLimitedError} there is none */
  take(source: Pick<Source, 'name' | 'rate'>): void
}

/**
 * Creates the limiter. Buckets are by name and outlive a reload; a changed limit holds from the next webhook on.
 *
 * @param nowMs monotonic
 */
export function createRateLimiter(nowMs: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>()
  return {
    take({ name, rate }) {
      if (rate === undefined) return
      const now = nowMs()
      const bucket = buckets.get(name) ?? { tokens: rate.burst, atMs: now }
      const tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.atMs) / 1_000) * rate.perSecond)
      const isEmpty = tokens < 1
      buckets.set(name, { tokens: isEmpty ? tokens : tokens - 1, atMs: now })
      if (isEmpty) throw new RateLimitedError({ retryAfterMs: Math.ceil(((1 - tokens) / rate.perSecond) * 1_000) })
    },
  }
}
