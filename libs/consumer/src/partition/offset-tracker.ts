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
 *
 * Only what is unsettled is kept, so that its size is bounded by the limits of admission, however far the position runs
 * ahead of one record that waits.
 */
export interface OffsetTracker {
  /** Next offset that was not delivered yet. */
  position: number
  /** Delivered and not settled, ascending: a set keeps the order in which it was filled. */
  readonly unsettled: Set<number>
  /** Settled in an earlier assignment and not delivered in this one; must stand in every commit until it is. */
  carried: OffsetRange[]
}

/** A tracker that goes on from what was committed. */
export function createTracker(committed: Settlement): OffsetTracker {
  return { position: committed.offset, unsettled: new Set(), carried: [...committed.done] }
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
  const carried = tracker.carried.find(({ to }) => to > offset)
  const settled = carried !== undefined && carried.from <= offset
  skipTo(tracker, offset + 1)
  if (settled) return 'settled'
  tracker.unsettled.add(offset)
  return 'new'
}

/** Moves the position on, over offsets that hold nothing. */
export function skipTo(tracker: OffsetTracker, position: number): void {
  if (position <= tracker.position) return
  tracker.position = position
  while (tracker.carried[0] !== undefined && tracker.carried[0].to <= position) tracker.carried.shift()
}

/** Settles a delivered offset; settling it again does nothing. */
export function settleOffset(tracker: OffsetTracker, offset: number): void {
  tracker.unsettled.delete(offset)
}

/** What may be committed now: all but what is unsettled. A hole counts as settled where a record beside it is. */
export function settlementOf({ position, unsettled, carried }: OffsetTracker): Settlement {
  const done: { from: number; to: number }[] = []
  let base: number | undefined
  let from = 0
  for (const offset of unsettled) {
    if (base === undefined) base = offset
    else if (from < offset) done.push({ from, to: offset })
    from = offset + 1
  }
  if (base !== undefined && from < position) done.push({ from, to: position })
  let offset = base ?? position
  for (const range of carried) {
    const last = done.at(-1)
    const start = Math.max(range.from, position)
    if (offset === start) offset = range.to
    else if (last?.to === start) last.to = range.to
    else done.push({ from: start, to: range.to })
  }
  return { offset, done }
}
