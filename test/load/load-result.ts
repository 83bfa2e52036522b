/** What came of each request. Times are ms since the load began; NaN where there is none. */
export interface LoadResult {
  /** HTTP status; `NOT_SENT` or `NO_ANSWER` otherwise. By request index, as all arrays. */
  readonly status: Uint16Array
  readonly sentMs: Float64Array
  readonly answeredMs: Float64Array
  /** From the time at which it was due (open loop) or sent (closed loop) to the end of the answer. */
  readonly latencyMs: Float32Array
  /** Requests that were due (open loop) or sent (closed loop) in this time count; what came earlier was warm-up. */
  readonly measuredFromMs: number
  readonly measuredToMs: number
  /** The webhooks ran out before the time did (closed loop). */
  readonly ranOut: boolean
  /** Due, but never sent, since every connection was busy until the end (open loop). */
  readonly unsent: number
  /** Requests without an answer, by reason: an error code of the socket, `TIMEOUT`, `CLOSED` or `MALFORMED`. */
  readonly transportErrors: Readonly<Record<string, number>>
  readonly connectionsOpened: number
  /** Answers with Retry-After, by status. */
  readonly retryAfter: Readonly<Record<number, number>>
}

export const NOT_SENT = 0
/** Sent, but the connection failed or time ran out: the webhook may be in Kafka all the same. */
export const NO_ANSWER = 1

/** Latencies of the answers of one class, ms. */
export interface LatencySummary {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface LoadSummary {
  /** Accepted (2xx) requests per second of the measured time. */
  readonly acceptedPerSecond: number
  /** Answers of any kind per second of the measured time. */
  readonly answersPerSecond: number
  /** By `2xx`, `4xx`, `5xx`; requests that count only. */
  readonly byClass: Readonly<Record<string, LatencySummary>>
  /** All answers, by exact status, warm-up included. */
  readonly byStatus: Readonly<Record<number, number>>
}

/** Pure. Requests that began after the warm-up count; for rates, answers that came within the measured time. */
export function summarize(result: LoadResult): LoadSummary {
  const classes = new Map<string, number[]>()
  const byStatus: Record<number, number> = {}
  let accepted = 0
  let answered = 0
  for (const [index, status] of result.status.entries()) {
    if (status < 100) continue
    byStatus[status] = (byStatus[status] ?? 0) + 1
    const answeredMs = result.answeredMs[index] ?? Number.NaN
    const latencyMs = result.latencyMs[index] ?? Number.NaN
    if (answeredMs >= result.measuredFromMs && answeredMs <= result.measuredToMs) {
      answered += 1
      if (status < 300) accepted += 1
    }
    const beganMs = answeredMs - latencyMs
    if (beganMs < result.measuredFromMs || beganMs > result.measuredToMs) continue
    const name = `${Math.floor(status / 100)}xx`
    const latencies = classes.get(name)
    if (latencies === undefined) classes.set(name, [latencyMs])
    else latencies.push(latencyMs)
  }
  const seconds = (result.measuredToMs - result.measuredFromMs) / 1_000
  return {
    acceptedPerSecond: accepted / seconds,
    answersPerSecond: answered / seconds,
    byClass: Object.fromEntries([...classes].map(([name, latencies]) => [name, toLatencySummary(latencies)])),
    byStatus,
  }
}

/** Nearest-rank percentiles. */
export function toLatencySummary(latencies: readonly number[]): LatencySummary {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}
