import type { LoadDeps, Measured } from './http-load.ts'
import type { Lane } from './lane.ts'

/** Requests at a fixed rate, whatever the server does. */
export interface OpenLoop {
  readonly kind: 'open'
  readonly ratePerSecond: number
  /** After the warm-up, ms. */
  readonly measureMs: number
  /** Bound of the pool, which grows as needed. */
  readonly maxConnections: number
}

/** How often it is looked what is due, ms. */
const TICK_MS = 1

/**
 * Latency counts from the time at which a request was due, so a server that stalls pays for every request that waits
 * meanwhile. Due requests that find all connections busy wait in line; those that wait at the end are `unsent`.
 *
 * Two messages of one contact may be under way at once: their order is nobody's promise.
 */
export async function runOpenLoop(loop: OpenLoop, deps: LoadDeps): Promise<Measured> {
  const { nowMs, warmupMs } = deps
  const endMs = warmupMs + loop.measureMs
  const total = Math.floor((loop.ratePerSecond * endMs) / 1_000)
  if (total > deps.corpus.count) throw new RangeError(`${total} requests would be due, ${deps.corpus.count} are there`)
  const dueMs = (index: number): number => (index * 1_000) / loop.ratePerSecond
  const idle: Lane[] = []
  const answered = Promise.withResolvers<void>()
  let lanes = 0
  let next = 0
  let overMs: number | undefined

  function pump(): void {
    const now = nowMs()
    while (overMs === undefined && next < total && dueMs(next) <= now) {
      const lane = idle.pop() ?? (lanes < loop.maxConnections ? grow() : undefined)
      if (lane === undefined) return
      lane.start(next, dueMs(next))
      next += 1
    }
  }

  function grow(): Lane {
    lanes += 1
    return deps.openLane((lane) => {
      idle.push(lane)
      pump()
      if (overMs !== undefined && idle.length === lanes) answered.resolve()
    })
  }

  const ticking = setInterval(() => {
    pump()
    if (nowMs() < endMs) return
    clearInterval(ticking)
    overMs = nowMs()
    deps.onPhase('ended')
    if (idle.length === lanes) answered.resolve()
  }, TICK_MS)
  await answered.promise
  for (const lane of idle) lane.close()
  return { measuredFromMs: warmupMs, measuredToMs: overMs ?? endMs, ranOut: false, unsent: total - next }
}
