import { reluctanceOf } from '../admission.ts'
import { type CommitMetadata, decodeMetadata } from '../commit-metadata.ts'
import { type CommitEntry, type CommitSnapshot, snapshotOf } from '../commit-snapshot.ts'
import type { OperatorCommand, ParkedRecord, PartitionEffect, PartitionEvent, SetAside } from '../partition-event.ts'
import { createPartition, type Item, type PartitionState } from '../partition-state.ts'
import { reduce } from '../reduce.ts'
import { type PartitionRules, partitionRules } from '../rules.ts'
import { createSink, type Sink } from './sink.ts'

/** The payload of a record in the model: none. */
export type Nothing = undefined

/** What the shell does right and a mutation does wrong. */
export interface ShellRules {
  /** T and R go in one commit, of one moment. Off: R is committed by itself, later or never. */
  readonly oneCommit: boolean
  /** Done ranges go into the metadata. Off: watermarks alone. */
  readonly doneRanges: boolean
  /** Done ranges that were not read again yet stay in each commit. */
  readonly carryOver: boolean
  /** A process whose lease has ended starts and produces nothing. Off: its calls go on beside the next owner's. */
  readonly lease: boolean
  /** Appends of a partition go out one batch after the other. Off: the next may overtake one that is repeated. */
  readonly serialAppends: boolean
  /** Nothing is appended behind an append that was refused. */
  readonly stopsAtGap: boolean
}

/** One process that owns the partition, or believes so. */
export interface Owner {
  readonly state: PartitionState<Nothing>
  mainNext: number
  retryNext: number
  readonly calls: (readonly Item<Nothing>[])[]
  /** Appends that wait for the batch under way. */
  queued: Append[]
  batches: Batch[]
  /** An append was refused: its process is about to end. */
  refused: boolean
  readonly asides: { readonly item: Item<Nothing>; readonly as: SetAside; landed: boolean }[]
  commit: CommitSnapshot | undefined
}

interface Append {
  readonly item: Item<Nothing>
  readonly head: boolean
}

/** A produce request to the retry topic; each landing of a repeated one leaves a copy. */
interface Batch {
  readonly appends: readonly Append[]
  landed: number
  end: number
}

/** Broker, sink, the owner and those that should be dead. */
export interface World {
  readonly main: (string | null)[]
  readonly retry: (ParkedRecord<Nothing> | OperatorCommand)[]
  readonly dead: { readonly origin: number; readonly key: string }[]
  committed: CommitSnapshot
  owner: Owner
  zombies: Owner[]
  nowMs: number
  redrives: number
  owners: number
  readonly sink: Sink
  readonly rules: PartitionRules
  readonly shell: ShellRules
  readonly fold: number
}

export const correctShell: ShellRules = {
  oneCommit: true,
  doneRanges: true,
  carryOver: true,
  lease: true,
  serialAppends: true,
  stopsAtGap: true,
}

/** Small, so that the limits are met often. */
export const modelLimits = { maxUnsettled: 6, maxParked: 4, maxHeldBytes: 1_000 }

export function createWorld(off: {
  rules?: Partial<PartitionRules>
  shell?: Partial<ShellRules>
  fold?: number
}): World {
  const rules = { ...partitionRules, ...off.rules }
  const nothing = { main: { offset: 0, metadata: '' }, retry: { offset: 0, metadata: '' } }
  const fold = off.fold ?? 1
  return {
    main: [],
    retry: [],
    dead: [],
    committed: nothing,
    owner: createOwner({ committed: nothing, retryEnd: 0, owners: 1, rules, fold }),
    zombies: [],
    nowMs: 1,
    redrives: 0,
    owners: 1,
    sink: createSink(),
    rules,
    shell: { ...correctShell, ...off.shell },
    fold,
  }
}

function createOwner(from: {
  committed: World['committed']
  retryEnd: number
  owners: number
  rules: PartitionRules
  fold: number
}): Owner {
  const { main, retry } = from.committed
  const metadata = { main: read(main), retry: read(retry) }
  const state = createPartition<Nothing>(
    {
      main: { offset: main.offset, done: metadata.main.done },
      retry: { offset: retry.offset, done: metadata.retry.done },
      retryEnd: from.retryEnd,
      fences: metadata.retry.fences,
      owner: from.owners,
      order: 'key',
      maxFold: from.fold,
    },
    from.rules,
  )
  const nothing = { calls: [], queued: [], batches: [], refused: false, asides: [], commit: undefined }
  return { state, mainNext: main.offset, retryNext: retry.offset, ...nothing }
}

function read({ offset, metadata }: CommitEntry): CommitMetadata {
  const known = decodeMetadata(offset, metadata)
  if (known === undefined) throw new Error(`metadata ${metadata} can't be read`)
  return known
}

/** The next process takes over from what was committed. The one before ends, or lives on as a zombie without a lease. */
export function takeOver(world: World, how: { readonly effects: number }): void {
  const before = world.owner
  if (world.shell.lease) {
    // Calls under way reached the sink, or did not; no matter which, nobody was told.
    before.calls.splice(0).forEach((call, index) => {
      if ((how.effects >> index) % 2 === 1) for (const item of call) world.sink.applied(item)
      world.sink.ended(call)
    })
  }
  world.zombies = [...world.zombies, before].slice(-2)
  world.owners += 1
  world.owner = createOwner({ ...world, retryEnd: world.retry.length })
  sendCommit(world, world.owner)
  applyCommit(world, world.owner, { half: 'retry' })
}

export function deliverMain(world: World, owner: Owner): void {
  const offset = owner.mainNext
  owner.mainNext += 1
  const record = { offset, key: world.main[offset] as string | null, bytes: 1, payload: undefined }
  carryOut(owner, { kind: 'main-record', record }, world)
}

export function deliverRetry(world: World, owner: Owner): void {
  const record = world.retry[owner.retryNext] as ParkedRecord<Nothing> | OperatorCommand
  owner.retryNext += 1
  carryOut(owner, 'word' in record ? { kind: 'command', command: record } : { kind: 'retry-record', record }, world)
}

export function mayDeliverMain(world: World, owner: Owner): boolean {
  return owner.mainNext < world.main.length && reluctanceOf(owner.state, modelLimits) === undefined
}

/** The owner sends what is queued, unless a batch is under way. */
export function sendBatch(world: World, owner: Owner): boolean {
  if (owner.queued.length === 0 || (world.shell.serialAppends && owner.batches.length > 0)) return false
  owner.batches.push({ appends: owner.queued, landed: 0, end: 0 })
  owner.queued = []
  return true
}

/** The broker writes a batch, once more if it was written before and the answer was lost. */
export function landBatch(world: World, by: Owner, batch: Batch): void {
  const owner = by.state.fences.at(-1)?.owner as number
  for (const { item, head } of batch.appends) {
    const { key, bytes, payload, origin, dueAtMs, firstFailedAtMs, failures } = item
    const offset = world.retry.length
    const rest = { bytes, payload, dueAtMs, firstFailedAtMs, failures, redrive: null }
    world.retry.push({ ...rest, offset, key, origin, owner, head })
  }
  batch.landed += 1
  batch.end = world.retry.length
}

/** The broker takes none of a batch. */
export function refuseBatch(world: World, owner: Owner): void {
  owner.batches.shift()
  owner.refused = true
  if (world.shell.stopsAtGap) owner.queued = []
}

export function acknowledgeBatch(world: World, owner: Owner, batch: Batch): void {
  owner.batches.splice(owner.batches.indexOf(batch), 1)
  for (const { item } of batch.appends) carryOut(owner, { kind: 'appended', item, end: batch.end }, world)
}

export function sendCommit(world: World, owner: Owner): void {
  const { main, retry } = owner.state
  const forgetful = { ...owner.state, main: { ...main, carried: [] }, retry: { ...retry, carried: [] } }
  owner.commit = snapshotOf(world.shell.carryOver ? owner.state : forgetful)
}

/** @param how.half which topic is committed alone, when the shell may not commit both in one request */
export function applyCommit(world: World, owner: Owner, how: { readonly half: 'main' | 'retry' }): void {
  const { main, retry } = owner.commit as CommitSnapshot
  owner.commit = undefined
  const both = world.shell.doneRanges
    ? { main, retry }
    : { main: { ...main, metadata: '' }, retry: { ...retry, metadata: '' } }
  world.committed = world.shell.oneCommit ? both : { ...world.committed, [how.half]: both[how.half] }
}

/** Feeds an event to an owner's reducer and carries its effects out as the shell does. */
export function carryOut(owner: Owner, event: PartitionEvent<Nothing>, world: World): void {
  for (const effect of reduce(owner.state, event)) apply(owner, effect, world)
}

function apply(owner: Owner, effect: PartitionEffect<Nothing>, world: World): void {
  switch (effect.kind) {
    case 'call':
      world.sink.started(effect.items, { nowMs: world.nowMs, zombie: owner !== world.owner })
      owner.calls.push(effect.items)
      break
    case 'append':
      if (owner.refused && world.shell.stopsAtGap) break
      owner.queued.push({ item: effect.item, head: effect.head })
      break
    case 'set-aside':
      owner.asides.push({ item: effect.item, as: effect.as, landed: false })
      break
    case 'settled':
      if (effect.how === 'discarded') world.sink.gaveUp(effect.item)
  }
}
