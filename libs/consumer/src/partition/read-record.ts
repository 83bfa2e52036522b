import { keyOf, nameOfKey, settleItem, stepKey, wakeKeys } from './key-queue.ts'
import { deliverOffset, settleOffset } from './offset-tracker.ts'
import type { MainRecord, OperatorCommand, ParkedRecord, PartitionEffect } from './partition-event.ts'
import type { Item, KeyState, Order, PartitionState } from './partition-state.ts'

/** Redriven records that are remembered. */
const MAX_REDRIVEN = 10_000

type Effects<P> = PartitionEffect<P>[]

/** A record of the main topic was read: it gets in line behind its key, unless the retry topic has settled it. */
export function readMain<P>(state: PartitionState<P>, record: MainRecord<P>, effects: Effects<P>): void {
  if (deliverOffset(state.main, record.offset) === 'new') {
    const item = toItem(record, { source: 'main', origin: record.offset, order: state.order })
    const key = keyOf(state, item.key)
    if (state.rules.isSettledByRetry(record.offset, key.lastRetryOrigin)) settleOffset(state.main, record.offset)
    else {
      state.heldBytes += item.bytes
      key.main.push(item)
    }
    stepKey(state, key, effects)
  }
}

/** A record of the retry topic was read: it gets in line, unless it is a copy, a stranger's, or settled by a later head. */
export function readParked<P>(state: PartitionState<P>, record: ParkedRecord<P>, effects: Effects<P>): void {
  if (deliverOffset(state.retry, record.offset) === 'new') {
    const item = toItem(record, { ...record, source: 'retry', order: state.order })
    const key = keyOf(state, item.key)
    if (admitParked(state, key, record)) {
      // An own append was counted when it was sent.
      const own = !state.rules.isExempt(item) && key.awaiting?.delete(item.origin) === true
      if (!own) state.parked += 1
      state.heldBytes += item.bytes
      key.retry.push(item)
    } else settleOffset(state.retry, record.offset)
    stepKey(state, key, effects)
  }
  wakeKeys(state, { room: 'copies', reached: state.retry.position }, (key) => stepKey(state, key, effects))
}

/** Whether a parked record is to be handled; false: it is settled as it stands. */
function admitParked<P>(state: PartitionState<P>, key: KeyState<P>, record: ParkedRecord<P>): boolean {
  const { rules } = state
  if (rules.isExempt(record)) {
    const name = record.redrive as string
    if (state.redriven.has(name)) return false
    state.redriven.add(name)
    // A copy follows soon, if at all.
    const [oldest] = state.redriven
    if (state.redriven.size > MAX_REDRIVEN && oldest !== undefined) state.redriven.delete(oldest)
    return true
  }
  if (rules.isStranger(record, state.fences)) return false
  const awaited = record.owner !== state.fences.at(-1)?.owner || key.awaiting?.has(record.origin) === true
  if (rules.isCopy(record.origin, { lastRetryOrigin: key.lastRetryOrigin, awaited })) return false
  key.lastRetryOrigin = Math.max(key.lastRetryOrigin, record.origin)
  if (rules.settlesEarlier(record)) {
    const earlier = key.retry.filter((item) => !rules.isExempt(item))
    for (const item of earlier) {
      key.retry.splice(key.retry.indexOf(item), 1)
      settleItem(state, key, item)
    }
  }
  return true
}

/** A command is settled with the record that it speaks of; one that finds none has nothing left to do. */
export function readCommand<P>(state: PartitionState<P>, command: OperatorCommand, effects: Effects<P>): void {
  if (deliverOffset(state.retry, command.offset) === 'new') {
    const key = keyOf(state, nameOfKey(command, state.order))
    const item = key.retry.find(({ origin }) => origin === command.origin)
    if (item === undefined || command.word === 'retry-now') settleOffset(state.retry, command.offset)
    if (item !== undefined) {
      if (command.word === 'retry-now') item.dueAtMs = 0
      else {
        item.verdict = command.word
        item.commands = [...item.commands, command.offset]
      }
    }
    stepKey(state, key, effects)
  }
  wakeKeys(state, { room: 'copies', reached: state.retry.position }, (key) => stepKey(state, key, effects))
}

function toItem<P>(
  record: MainRecord<P> & Partial<ParkedRecord<P>>,
  { source, origin, order }: { source: Item<P>['source']; origin: number; order: Order },
): Item<P> {
  return {
    source,
    offset: record.offset,
    origin,
    key: nameOfKey({ key: record.key, origin }, order),
    bytes: record.bytes,
    payload: record.payload,
    dueAtMs: record.dueAtMs ?? 0,
    firstFailedAtMs: record.firstFailedAtMs ?? null,
    failures: record.failures ?? 0,
    redrive: record.redrive ?? null,
    verdict: record.unreadable === true ? 'unreadable' : undefined,
    commands: [],
  }
}
