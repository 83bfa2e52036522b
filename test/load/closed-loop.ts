import type { LoadDeps, Measured } from './http-load.ts'
import type { Lane } from './lane.ts'

/** Clients that each send the next request when the last one is answered. */
export interface ClosedLoop {
  readonly kind: 'closed'
  readonly connections: number
  /** Ends after warm-up and this time, ms; not given: when every request has been answered. */
  readonly measureMs?: number
}

/**
 * A contact belongs to one connection, so its messages are sent in order, each after the answer to the last one.
 *
 * With a time given, everything ends as soon as one connection has nothing left to send: fewer clients than asked for
 * would be another load.
 */
export async function runClosedLoop(loop: ClosedLoop, deps: LoadDeps): Promise<Measured> {
  const { nowMs, warmupMs } = deps
  const endMs = loop.measureMs === undefined ? Number.POSITIVE_INFINITY : warmupMs + loop.measureMs
  const queues = toQueues(deps.corpus.keys, loop.connections)
  const ended = Promise.withResolvers<void>()
  let busy = loop.connections
  let stoppedMs: number | undefined
  let ranOut = false

  function stop(): void {
    if (stoppedMs !== undefined) return
    stoppedMs = nowMs()
    deps.onPhase('ended')
  }

  function sendNext(lane: Lane, queue: Queue): void {
    const now = nowMs()
    if (now >= endMs) stop()
    const index = queue.indexes[queue.next]
    if (index === undefined && loop.measureMs !== undefined && stoppedMs === undefined) {
      ranOut = true
      stop()
    }
    if (stoppedMs === undefined && index !== undefined) {
      queue.next += 1
      lane.start(index, now)
      return
    }
    lane.close()
    busy -= 1
    if (busy === 0) ended.resolve()
  }

  // A server that answers nothing must not prolong the time that is measured.
  const timer = loop.measureMs === undefined ? undefined : setTimeout(stop, endMs - nowMs())
  for (const queue of queues)
    sendNext(
      deps.openLane((lane) => sendNext(lane, queue)),
      queue,
    )
  await ended.promise
  clearTimeout(timer)
  stop()
  return { measuredFromMs: warmupMs, measuredToMs: stoppedMs ?? nowMs(), ranOut, unsent: 0 }
}

interface Queue {
  readonly indexes: Uint32Array
  next: number
}

/** The requests of each connection, in order; contacts are dealt out in turn. */
export function toQueues(keys: Uint32Array, connections: number): readonly Queue[] {
  const lengths = new Uint32Array(connections)
  for (const key of keys) lengths[key % connections] = (lengths[key % connections] ?? 0) + 1
  const queues = Array.from(lengths, (length) => ({ indexes: new Uint32Array(length), next: 0 }))
  for (const [index, key] of keys.entries()) {
    const queue = queues[key % connections]
    if (queue === undefined) continue
    queue.indexes[queue.next] = index
    queue.next += 1
  }
  for (const queue of queues) queue.next = 0
  return queues
}
