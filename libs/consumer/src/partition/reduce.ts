import { assertNever } from '@murmuration/errors'
import { finishAppend, finishCall, finishSetAside } from './finish-call.ts'
import { isParked, makeReady, mustWaitFor, stepKey, wakeKeys } from './key-queue.ts'
import { skipTo } from './offset-tracker.ts'
import type { PartitionEffect, PartitionEvent } from './partition-event.ts'
import type { Item, KeyState, PartitionState } from './partition-state.ts'
import { readCommand, readMain, readParked } from './read-record.ts'

/**
 * The partition's state machine: takes an event, changes the state and says what is to be done.
 *
 * No I/O, no clock, no randomness: the same events give the same effects. The state is changed in place and belongs to
 * its one caller, since a copy of all keys would cost more than the record; a crash is to drop it.
 */
export function reduce<P>(state: PartitionState<P>, event: PartitionEvent<P>): readonly PartitionEffect<P>[] {
  const effects: PartitionEffect<P>[] = []
  switch (event.kind) {
    case 'main-record':
      readMain(state, event.record, effects)
      break
    case 'retry-record':
      readParked(state, event.record, effects)
      break
    case 'command':
      readCommand(state, event.command, effects)
      break
    case 'take':
      takeNext(state, event.nowMs, effects)
      break
    case 'finished':
      finishCall(state, event, effects)
      break
    case 'appended':
      finishAppend(state, event, effects)
      break
    case 'set-aside':
      finishSetAside(state, event, effects)
      break
    case 'skipped':
      skipTo(state[event.source], event.to)
      wakeKeys(state, { room: 'copies', reached: state.retry.position }, (key) => stepKey(state, key, effects))
      break
    case 'drain':
      state.draining = true
      break
    default:
      assertNever(event)
  }
  return effects
}

function takeNext<P>(state: PartitionState<P>, nowMs: number, effects: PartitionEffect<P>[]): void {
  if (state.draining) return
  wakeKeys(state, { room: 'due', reached: nowMs }, (key) => makeReady(state, key))
  for (let key = state.ready.shift(); key !== undefined; key = state.ready.shift()) {
    if (key.waitsIn !== 'ready') continue
    key.waitsIn = undefined
    const items = key.running === undefined ? runnable(state, key, nowMs) : []
    if (items.length > 0) {
      key.running = items
      effects.push({ kind: 'call', items })
      return
    }
    stepKey(state, key, effects)
  }
}

/** The records that one call may take now: from the head of the key's queue, as long as none must wait. */
function runnable<P>(state: PartitionState<P>, key: KeyState<P>, nowMs: number): readonly Item<P>[] {
  if (!isParked(key)) return (key.main[0]?.dueAtMs ?? 0) > nowMs ? [] : key.main.slice(0, state.maxFold)
  const items: Item<P>[] = []
  for (const item of key.retry) {
    if (items.length === state.maxFold || item.verdict !== undefined || item.dueAtMs > nowMs) break
    if (mustWaitFor(state, key, item) !== undefined) break
    items.push(item)
  }
  return items
}
