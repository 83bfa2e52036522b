import type { SinkStep } from './consumer-history.ts'

/** The process that a partition's last call before that time came from, by partition. Pure. */
export function ownersAt(history: readonly SinkStep[], atMs: number): ReadonlyMap<number, number> {
  const owners = new Map<number, number>()
  for (const { kind, call, atMs: beganMs } of history) {
    if (beganMs >= atMs) break
    if (kind === 'begin') owners.set(call.partition, call.pid)
  }
  return owners
}

/**
 * How long it takes until every partition of a process is worked on by another one, ms; Infinity where that never
 * happens, undefined when the process had none. Pure.
 */
export function takeoverMs(
  history: readonly SinkStep[],
  input: { readonly pid: number; readonly goneMs: number },
): number | undefined {
  const { pid, goneMs } = input
  const waiting = new Set(
    [...ownersAt(history, goneMs)].flatMap(([partition, owner]) => (owner === pid ? [partition] : [])),
  )
  if (waiting.size === 0) return undefined
  for (const { kind, call, atMs } of history) {
    if (kind !== 'begin' || atMs < goneMs || call.pid === pid || !waiting.delete(call.partition)) continue
    if (waiting.size === 0) return atMs - goneMs
  }
  return Number.POSITIVE_INFINITY
}

/** The longest time in which no partition had an effect, and in which one of them had none, ms. Pure. */
export function longestGaps(history: readonly SinkStep[]): { readonly allMs: number; readonly oneMs: number } {
  const lastMs = new Map<number, number>()
  let [anyMs, allMs, oneMs] = [Number.NaN, 0, 0]
  for (const { kind, call, atMs } of history) {
    if (kind !== 'apply') continue
    if (anyMs < atMs) allMs = Math.max(allMs, atMs - anyMs)
    oneMs = Math.max(oneMs, atMs - (lastMs.get(call.partition) ?? atMs))
    lastMs.set(call.partition, atMs)
    anyMs = atMs
  }
  return { allMs, oneMs }
}

/**
 * From a record's sending to its first handler start, for the records whose first start falls into a time. Pure.
 *
 * @param input.sentMs when an event was sent, epoch ms
 */
export function startDelays(
  history: readonly SinkStep[],
  input: { readonly sentMs: (eventId: string) => number | undefined; readonly fromMs: number; readonly toMs: number },
): readonly { readonly key: string; readonly partition: number; readonly delayMs: number }[] {
  const seen = new Set<string>()
  return history.flatMap(({ kind, call, atMs }) => {
    if (kind !== 'begin' || seen.has(call.eventId)) return []
    seen.add(call.eventId)
    const sentMs = input.sentMs(call.eventId)
    if (sentMs === undefined || atMs < input.fromMs || atMs >= input.toMs) return []
    return [{ key: call.key, partition: call.partition, delayMs: call.startedMs - sentMs }]
  })
}
