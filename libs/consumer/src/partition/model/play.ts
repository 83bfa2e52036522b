import { settlementOf } from '../offset-tracker.ts'
import type { CallResult } from '../partition-event.ts'
import type { Item } from '../partition-state.ts'
import { judgeCommitted, judgeEnd } from './judge.ts'
import { ContractBrokenError } from './sink.ts'
import {
  acknowledgeBatch,
  applyCommit,
  carryOut,
  deliverMain,
  deliverRetry,
  landBatch,
  mayDeliverMain,
  type Nothing,
  type Owner,
  refuseBatch,
  sendBatch,
  sendCommit,
  takeOver,
  type World,
} from './world.ts'

const KEYS = ['a', 'a', 'a', 'b', 'b', null] as const
/** Records that a world may hold. */
const MAX_RECORDS = 14

/** One thing that may happen now; `pick` decides its details. */
interface Move {
  readonly name: string
  readonly run: (pick: number) => void
}

/** What is rare, usual and frequent in one world: without such leanings most worlds crash before anything is at stake. */
const FACTORS = [0, 1, 4] as const
const LEANINGS = [
  'send commit',
  'take over',
  'hand over',
  'operator command',
  'redrive',
  'late append',
  'append main',
  'finish',
] as const

/** One history to be: a number whose ternary digits say what is frequent, and the choice among what may happen, by turn. */
export interface Script {
  readonly leanings: number
  readonly choices: readonly number[]
}

/** Plays a script, then lets everything heal, and judges what is left. @throws {ContractBrokenError} */
export function play(world: World, script: Script, trace: (line: string) => void = () => undefined): void {
  const factors = new Map(
    LEANINGS.map((name, at) => [name as string, FACTORS[Math.floor(script.leanings / 3 ** at) % 3]]),
  )
  for (const choice of script.choices) {
    const moves = movesOf(world, factors)
    if (moves.length === 0) break
    const move = moves[choice % moves.length] as Move
    trace(`${move.name} ${Math.floor(choice / moves.length)}`)
    move.run(Math.floor(choice / moves.length))
    judgeCommitted(world)
  }
  // Most of what a crash can break shows at the next owner, so that every history has one.
  takeOver(world, { effects: 0 })
  heal(world)
  judgeEnd(world)
}

function movesOf(world: World, factors: ReadonlyMap<string, number | undefined>): Move[] {
  const { owner } = world
  const moves: Move[] = []
  const offer = (weight: number, name: string, enabled: boolean, run: Move['run']) => {
    const times = weight * (factors.get(name) ?? 1)
    if (enabled) for (let n = 0; n < times; n += 1) moves.push({ name, run })
  }
  offer(world.main.length < 2 ? 3 : 2, 'append main', world.main.length < MAX_RECORDS, (pick) =>
    appendMain(world, KEYS[pick % KEYS.length] as string | null),
  )
  offer(4, 'deliver main', mayDeliverMain(world, owner), () => deliverMain(world, owner))
  offer(4, 'deliver retry', owner.retryNext < world.retry.length, () => deliverRetry(world, owner))
  offer(4, 'take', owner.state.ready.length + owner.state.waiting.due.length > 0, () => take(world, owner))
  offer(5, 'finish', owner.calls.length > 0, (pick) => finish(world, owner, pick))
  offer(2, 'send batch', owner.queued.length > 0, () => void sendBatch(world, owner))
  offer(3, 'settle batch', owner.batches.length > 0, (pick) => settleBatch(world, owner, pick))
  offer(1, 'refuse batch', owner.batches[0]?.landed === 0, () => refuseBatch(world, owner))
  offer(2, 'settle aside', owner.asides.length > 0, (pick) => settleAside(world, owner, pick))
  offer(2, 'send commit', owner.commit === undefined, () => sendCommit(world, owner))
  offer(2, 'apply commit', owner.commit !== undefined, (pick) =>
    applyCommit(world, owner, { half: pick % 2 === 0 ? 'main' : 'retry' }),
  )
  offer(1, 'pass time', true, (pick) => passTime(world, pick % 5))
  offer(1, 'take over', world.main.length > 3, (pick) => takeOver(world, { effects: pick }))
  offer(1, 'hand over', world.main.length > 3, (pick) => handOver(world, pick))
  offer(1, 'operator command', world.retry.length > 0, (pick) => command(world, pick))
  offer(1, 'redrive', world.dead.length > 0, (pick) => redrive(world, pick))
  for (const zombie of world.zombies) {
    // A request that was under way may be written late; everything else ends with the lease.
    offer(1, 'late append', zombie.batches.length > 0, () => lateAppend(world, zombie))
    if (!world.shell.lease) offer(2, 'zombie finishes', zombie.calls.length > 0, (pick) => finish(world, zombie, pick))
  }
  return moves
}

function appendMain(world: World, key: string | null): void {
  const offset = world.main.push(key) - 1
  world.sink.know(key ?? `\u0000${offset}`, offset)
}

function passTime(world: World, ms: number): void {
  world.nowMs += ms
}

function take(world: World, owner: Owner): void {
  carryOut(owner, { kind: 'take', nowMs: world.nowMs }, world)
}

function finish(world: World, owner: Owner, pick: number): void {
  const call = owner.calls.splice(pick % owner.calls.length, 1)[0] as readonly Item<Nothing>[]
  finishWith(world, owner, { call, result: resultOf(world, call, Math.floor(pick / 4)) })
}

function finishWith(
  world: World,
  owner: Owner,
  { call, result }: { call: readonly Item<Nothing>[]; result: CallResult },
): void {
  for (const item of call.slice(0, result.done)) world.sink.applied(item)
  world.sink.ended(call)
  carryOut(owner, { kind: 'finished', call, result }, world)
}

function resultOf(world: World, call: readonly Item<Nothing>[], pick: number): CallResult {
  const done = pick % (call.length + 1)
  if (done === call.length) return { done }
  const nowMs = world.nowMs
  const failures: readonly CallResult['failure'][] = [
    { kind: 'retry', nowMs, dueAtMs: nowMs + (pick % 7), reason: 'R' },
    { kind: 'retry', nowMs, dueAtMs: nowMs, reason: 'R' },
    { kind: 'retry', nowMs, dueAtMs: nowMs + 1, reason: 'R' },
    { kind: 'dead-letter', reason: 'D' },
    { kind: 'wait' },
    { kind: 'again', nowMs, dueAtMs: nowMs + (pick % 3) },
    undefined,
  ]
  const failure = failures[Math.floor(pick / 3) % failures.length]
  return failure === undefined ? { done } : { done, failure }
}

function settleBatch(world: World, owner: Owner, pick: number): void {
  const batch = owner.batches[pick % owner.batches.length] as Owner['batches'][number]
  if (batch.landed === 0 || (batch.landed < 2 && pick % 3 === 0)) landBatch(world, owner, batch)
  else acknowledgeBatch(world, owner, batch)
}

function lateAppend(world: World, zombie: Owner): void {
  landBatch(world, zombie, zombie.batches[0] as Owner['batches'][number])
  zombie.batches = []
}

function settleAside(world: World, owner: Owner, pick: number): void {
  const aside = owner.asides[pick % owner.asides.length] as Owner['asides'][number]
  const { item, as } = aside
  if (!aside.landed) {
    aside.landed = true
    world.dead.push({ origin: item.origin, key: item.key })
    world.sink.gaveUp(item)
    return
  }
  owner.asides.splice(owner.asides.indexOf(aside), 1)
  if (world.rules.settlesOnAck()) carryOut(owner, { kind: 'set-aside', item, as }, world)
}

/** A planned end: no new calls, those under way are waited for, for a bounded time; the last commit; the next owner. */
function handOver(world: World, pick: number): void {
  const { owner } = world
  carryOut(owner, { kind: 'drain' }, world)
  if (pick % 3 > 0) while (owner.calls.length > 0) finish(world, owner, Math.floor(pick / 3))
  if (pick % 2 > 0) {
    sendBatch(world, owner)
    for (const batch of [...owner.batches]) {
      landBatch(world, owner, batch)
      acknowledgeBatch(world, owner, batch)
    }
    while (owner.asides.length > 0) settleAside(world, owner, 0)
  }
  sendCommit(world, owner)
  applyCommit(world, owner, { half: 'main' })
  takeOver(world, { effects: pick })
}

function command(world: World, pick: number): void {
  const about = world.retry[pick % world.retry.length] as World['retry'][number]
  const word = (['retry-now', 'release', 'discard'] as const)[Math.floor(pick / 5) % 3] as 'retry-now'
  world.retry.push({ offset: world.retry.length, word, key: about.key as string, origin: about.origin })
}

function redrive(world: World, pick: number): void {
  const at = pick % world.dead.length
  const { origin, key } = world.dead[at] as World['dead'][number]
  const rest = { owner: 0, bytes: 1, payload: undefined, head: false, dueAtMs: 0, firstFailedAtMs: null, failures: 0 }
  world.redrives += 1
  world.retry.push({ ...rest, offset: world.retry.length, key, origin, redrive: `${Math.floor(pick / 4) % 2}:${at}` })
}

/** No fault any more: all calls succeed, all that was sent arrives. @throws {ContractBrokenError} when it does not end */
function heal(world: World): void {
  for (let round = 0; round < 500; round += 1) {
    world.nowMs += 10
    const { owner } = world
    const before = JSON.stringify([
      owner.mainNext,
      owner.retryNext,
      world.retry.length,
      owner.state.main.unsettled.size,
    ])
    while (owner.retryNext < world.retry.length) deliverRetry(world, owner)
    if (mayDeliverMain(world, owner)) deliverMain(world, owner)
    take(world, owner)
    for (const call of owner.calls.splice(0)) finishWith(world, owner, { call, result: { done: call.length } })
    sendBatch(world, owner)
    for (const batch of [...owner.batches]) {
      if (batch.landed === 0) landBatch(world, owner, batch)
      acknowledgeBatch(world, owner, batch)
    }
    while (owner.asides.length > 0) settleAside(world, owner, 0)
    const { main, retry, ready } = owner.state
    const after = JSON.stringify([owner.mainNext, owner.retryNext, world.retry.length, main.unsettled.size])
    const idle = before === after && owner.calls.length === 0 && ready.length === 0
    if (idle && owner.mainNext === world.main.length && main.unsettled.size === 0 && retry.unsettled.size === 0) return
  }
  throw new ContractBrokenError(`stuck: ${describe(world)}`)
}

function describe({ owner, main, retry }: World): string {
  const { state } = owner
  return JSON.stringify({
    main: [owner.mainNext, main.length, state.main.unsettled.size],
    retry: [owner.retryNext, retry.length, settlementOf(state.retry)],
    keys: [...state.keys.values()].map(({ key, main: m, retry: r, awaiting, waitsIn }) => [
      key,
      m.length,
      r.length,
      awaiting?.size ?? 0,
      waitsIn,
    ]),
  })
}
