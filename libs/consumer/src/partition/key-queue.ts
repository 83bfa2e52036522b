import { settleOffset } from './offset-tracker.ts'
import type { PartitionEffect } from './partition-event.ts'
import type { Item, KeyState, Order, PartitionState, WaitingRoom } from './partition-state.ts'

/** Which key a record queues under. A record without a key is a key of its own. */
export function nameOfKey(record: { readonly key: string | null; readonly origin: number }, order: Order): string {
  if (order === 'partition') return ''
  return record.key === null || order === 'none' ? `\u0000${record.origin}` : record.key
}

/** The state of a key, made when it is first seen. */
export function keyOf<P>(state: PartitionState<P>, key: string): KeyState<P> {
  const known = state.keys.get(key)
  if (known !== undefined) return known
  const fresh: KeyState<P> = {
    key,
    main: [],
    retry: [],
    awaiting: undefined,
    copiesEnd: undefined,
    lastRetryOrigin: -1,
    running: undefined,
    waitsIn: undefined,
    waitsAt: 0,
  }
  state.keys.set(key, fresh)
  return fresh
}

/** Whether later records of the key must go to the retry topic, behind those that are there. */
export function isParked<P>(key: KeyState<P>): boolean {
  return key.retry.length > 0 || isAwaiting(key)
}

function isAwaiting<P>({ awaiting }: KeyState<P>): boolean {
  return awaiting !== undefined && awaiting.size > 0
}

/**
 * Recomputes what a key can do next, from its state alone: no wake-up can be lost.
 *
 * Behind a parked record the key's main records are appended untried; else its head gets in line for a call, or waits
 * where the rules make it wait; a key with nothing left is forgotten.
 */
export function stepKey<P>(state: PartitionState<P>, key: KeyState<P>, effects: PartitionEffect<P>[]): void {
  if (key.running?.[0]?.source === 'main') return
  if (isParked(key)) {
    if (!state.draining) appendFollowers(state, key, effects)
    if (key.running === undefined) placeParked(state, key, effects)
  } else if (key.running === undefined && key.main.length > 0) placeHead(state, key, key.main[0] as Item<P>)
  else forgetIfEmpty(state, key)
}

/** Sends a main record to the retry topic. It is settled when that has acknowledged it. */
export function park<P>(
  state: PartitionState<P>,
  key: KeyState<P>,
  { item, reason }: { readonly item: Item<P>; readonly reason: string },
): PartitionEffect<P> {
  const head = !isAwaiting(key) && !key.retry.some((other) => !state.rules.isExempt(other))
  key.awaiting ??= new Set()
  key.awaiting.add(item.origin)
  key.copiesEnd ??= new Map()
  key.copiesEnd.set(item.origin, Number.POSITIVE_INFINITY)
  state.parked += 1
  if (!state.rules.settlesOnAck()) settleOffset(state.main, item.offset)
  return { kind: 'append', item, head, reason }
}

/** Settles a record and what an operator said about it, and lets go of it. It must not stand in a queue any more. */
export function settleItem<P>(state: PartitionState<P>, key: KeyState<P>, item: Item<P>): void {
  settleOffset(state[item.source], item.offset)
  for (const command of item.commands) settleOffset(state.retry, command)
  state.heldBytes -= item.bytes
  if (item.source === 'main') return
  state.parked -= 1
  if (!state.rules.isExempt(item)) key.copiesEnd?.delete(item.origin)
}

/** Keys whose reason to wait has passed are looked at anew. */
export function wakeKeys<P>(
  state: PartitionState<P>,
  { room, reached }: { readonly room: WaitingRoom; readonly reached: number },
  visit: (key: KeyState<P>) => void,
): void {
  const queue = state.waiting[room]
  for (let first = queue.peek(); first !== undefined && first.at <= reached; first = queue.peek()) {
    queue.pop()
    if (first.key.waitsIn !== room) continue
    first.key.waitsIn = undefined
    visit(first.key)
  }
}

/** Why a parked record must wait, by the rules; undefined when only its due time counts. */
export function mustWaitFor<P>(
  state: PartitionState<P>,
  key: KeyState<P>,
  item: Item<P>,
): { readonly room: 'copies'; readonly at: number } | undefined {
  const { rules, retry, retryEnd } = state
  if (!rules.retryWasRead(retry.position, retryEnd)) return { room: 'copies', at: retryEnd }
  if (rules.isExempt(item)) return undefined
  const end = key.copiesEnd?.get(item.origin) ?? 0
  return rules.copiesWereRead(end, retry.position) ? undefined : { room: 'copies', at: end }
}

function appendFollowers<P>(state: PartitionState<P>, key: KeyState<P>, effects: PartitionEffect<P>[]): void {
  for (const item of key.main.splice(0)) effects.push(park(state, key, { item, reason: 'behind-parked' }))
}

function placeParked<P>(state: PartitionState<P>, key: KeyState<P>, effects: PartitionEffect<P>[]): void {
  const head = key.retry[0]
  if (head === undefined) return
  const wait = mustWaitFor(state, key, head)
  if (wait !== undefined) enter(state, key, wait)
  else if (head.verdict !== undefined) carryOut(state, key, effects)
  else placeHead(state, key, head)
}

function placeHead<P>(state: PartitionState<P>, key: KeyState<P>, head: Item<P>): void {
  if (head.dueAtMs === 0) makeReady(state, key)
  else enter(state, key, { room: 'due', at: head.dueAtMs })
}

/** A decision about the key's parked head. */
function carryOut<P>(state: PartitionState<P>, key: KeyState<P>, effects: PartitionEffect<P>[]): void {
  if (state.draining) return
  const head = key.retry[0] as Item<P>
  if (head.verdict !== 'discard') {
    const reason = head.verdict === 'release' ? 'released' : 'headers-unreadable'
    key.running = [head]
    effects.push({ kind: 'set-aside', item: head, as: { kind: 'dead-letter', reason } })
    return
  }
  key.retry.shift()
  settleItem(state, key, head)
  effects.push({ kind: 'settled', item: head, how: 'discarded' })
  stepKey(state, key, effects)
}

function enter<P>(state: PartitionState<P>, key: KeyState<P>, { room, at }: { room: WaitingRoom; at: number }): void {
  if (key.waitsIn === room && key.waitsAt === at) return
  key.waitsIn = room
  key.waitsAt = at
  if (at !== Number.POSITIVE_INFINITY) state.waiting[room].push({ at, key })
}

export function makeReady<P>(state: PartitionState<P>, key: KeyState<P>): void {
  if (key.waitsIn === 'ready') return
  key.waitsIn = 'ready'
  state.ready.push(key)
}

function forgetIfEmpty<P>(state: PartitionState<P>, key: KeyState<P>): void {
  if (key.running !== undefined || key.main.length > 0 || isParked(key)) return
  if (state.rules.remembersKey(key.lastRetryOrigin, state.main.position)) return
  // Entries in the waiting rooms may outlive it.
  key.waitsIn = undefined
  state.keys.delete(key.key)
}
