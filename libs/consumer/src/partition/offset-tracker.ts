/** Offsets `from` to `to`, without `to`. */
export interface OffsetRange {
  readonly from: number
  readonly to: number
}

/** What is settled of a partition: everything below `offset`, and `done` above it. Ranges ascend and do not touch. */
export interface Settlement {
  readonly offset: number
  readonly done: readonly OffsetRange[]
}

/**
 * Which offsets of one partition were delivered and which are settled. Offsets may have holes; numbers are exact below
 * 2^53.
 */
export interface OffsetTracker {
  /** Next offset that was not delivered yet. */
  position: number
  /** Delivered offsets in order; those before `head` are settled and forgotten. */
  pending: number[]
  head: number
  /** Settled offsets that still stand behind an unsettled one. */
  readonly done: Set<number>
  /** Settled in an earlier assignment and not delivered in this one; must stand in every commit until it is. */
  carried: OffsetRange[]
  /** Delivered and not settled. */
  unsettled: number
}

/** A tracker that goes on from what was committed. */
export function createTracker(committed: Settlement): OffsetTracker {
  return {
    position: committed.offset,
    pending: [],
    head: 0,
    done: new Set(),
    carried: [...committed.done],
    unsettled: 0,
  }
}

/**
 * Takes note of a delivered offset.
 *
 * @returns whether it was settled already, in an earlier assignment
 * @throws {RangeError} delivered twice or out of order: the caller lost its place, and counting on would lose records
 */
export function deliverOffset(tracker: OffsetTracker, offset: number): 'new' | 'settled' {
  if (!Number.isSafeInteger(offset) || offset < tracker.position) {
    throw new RangeError(`offset ${offset} was delivered at position ${tracker.position}`)
  }
  tracker.position = offset + 1
  tracker.pending.push(offset)
  tracker.unsettled += 1
  while (tracker.carried[0] !== undefined && tracker.carried[0].to <= offset) tracker.carried.shift()
  const carried = tracker.carried[0]
  if (carried === undefined || offset < carried.from) return 'new'
  if (carried.to === offset + 1) tracker.carried.shift()
  settleOffset(tracker, offset)
  return 'settled'
}

/** Settles a delivered offset; settling it again does nothing. */
export function settleOffset(tracker: OffsetTracker, offset: number): void {
  if (tracker.done.has(offset) || offset < baseOf(tracker)) return
  tracker.done.add(offset)
  tracker.unsettled -= 1
  for (;;) {
    const first = tracker.pending[tracker.head]
    if (first === undefined || !tracker.done.delete(first)) break
    tracker.head += 1
  }
  if (tracker.head > 1_024 && tracker.head * 2 > tracker.pending.length) {
    tracker.pending = tracker.pending.slice(tracker.head)
    tracker.head = 0
  }
}

/** The first offset that is not settled; the position when all that was delivered is. */
export function baseOf(tracker: OffsetTracker): number {
  return tracker.pending[tracker.head] ?? tracker.position
}

/** What may be committed now. */
export function settlementOf(tracker: OffsetTracker): Settlement {
  const done: { from: number; to: number }[] = []
  let open: number | undefined
  for (let index = tracker.head; index < tracker.pending.length; index += 1) {
    const offset = tracker.pending[index] as number
    if (tracker.done.has(offset)) open ??= offset
    else if (open !== undefined) {
      done.push({ from: open, to: offset })
      open = undefined
    }
  }
  if (open !== undefined) done.push({ from: open, to: tracker.position })
  for (const { from, to } of tracker.carried) {
    const last = done.at(-1)
    const start = Math.max(from, tracker.position)
    if (last !== undefined && last.to === start) last.to = to
    else done.push({ from: start, to })
  }
  return { offset: baseOf(tracker), done }
}
