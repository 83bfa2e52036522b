import { assertNever } from '@murmuration/errors'
import { keyOf, park, settleItem, stepKey } from './key-queue.ts'
import { settleOffset } from './offset-tracker.ts'
import type { CallResult, PartitionEffect, SetAside } from './partition-event.ts'
import type { Item, KeyState, PartitionState } from './partition-state.ts'

type Effects<P> = PartitionEffect<P>[]

/** A call has ended: what it did is settled; what failed is parked, set aside, or stays where it is. */
export function finishCall<P>(
  state: PartitionState<P>,
  { call, result }: { readonly call: readonly Item<P>[]; readonly result: CallResult },
  effects: Effects<P>,
): void {
  const key = runningKey(state, call[0] as Item<P>)
  for (const item of call.slice(0, result.done)) {
    key[item.source].shift()
    settleItem(state, key, item)
    effects.push({ kind: 'settled', item, how: 'handled' })
  }
  key.running = undefined
  const item = call[result.done]
  if (item !== undefined && result.failure !== undefined)
    failCall(state, key, { item, failure: result.failure }, effects)
  stepKey(state, key, effects)
}

function failCall<P>(
  state: PartitionState<P>,
  key: KeyState<P>,
  { item, failure }: { readonly item: Item<P>; readonly failure: NonNullable<CallResult['failure']> },
  effects: Effects<P>,
): void {
  switch (failure.kind) {
    case 'wait':
      return
    case 'hold':
      item.dueAtMs = failure.dueAtMs
      return
    case 'again':
    case 'retry':
      item.failures += 1
      item.firstFailedAtMs ??= failure.nowMs
      item.dueAtMs = failure.dueAtMs
      if (item.source === 'retry' || failure.kind === 'again') return
      key.main.shift()
      effects.push(park(state, key, { item, reason: failure.reason }))
      return
    case 'dead-letter':
    case 'quarantine':
      item.failures += 1
      key.running = [item]
      effects.push({ kind: 'set-aside', item, as: failure })
      if (!state.rules.settlesOnAck()) finishSetAside(state, { item, as: failure }, effects)
      return
    default:
      assertNever(failure)
  }
}

/** The retry topic has a record: its main offset is settled, not sooner. */
export function finishAppend<P>(
  state: PartitionState<P>,
  { item, end }: { readonly item: Item<P>; readonly end: number },
  effects: Effects<P>,
): void {
  const key = keyOf(state, item.key)
  settleOffset(state.main, item.offset)
  state.heldBytes -= item.bytes
  effects.push({ kind: 'settled', item, how: 'parked' })
  if (key.copiesEnd?.has(item.origin) === true) key.copiesEnd.set(item.origin, end)
  stepKey(state, key, effects)
}

/** The DLQ or quarantine has a record: it is settled, not sooner, and its key goes on. */
export function finishSetAside<P>(
  state: PartitionState<P>,
  { item, as }: { readonly item: Item<P>; readonly as: SetAside },
  effects: Effects<P>,
): void {
  const key = runningKey(state, item)
  key[item.source].shift()
  settleItem(state, key, item)
  effects.push({ kind: 'settled', item, how: as })
  key.running = undefined
  stepKey(state, key, effects)
}

/** @throws {Error} the item is not what its key has under way: a result of another assignment, a defect of the shell */
function runningKey<P>(state: PartitionState<P>, item: Item<P>): KeyState<P> {
  const key = state.keys.get(item.key)
  if (key?.running?.includes(item) !== true) throw new Error(`offset ${item.offset} (${item.source}) is not under way`)
  return key
}
