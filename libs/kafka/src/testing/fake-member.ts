import {
  type Assignment,
  type CommittedOffset,
  MAX_METADATA_LENGTH,
  type PartitionSource,
  type SourceListener,
  type TopicPartition,
} from '../group-source.ts'
import { GroupMemberReplacedError, GroupPlaceTakenError, KafkaUnavailableError } from '../kafka-errors.ts'
import { toKey } from '../partition-key.ts'
import type { FakeGroup } from './fake-cluster.ts'

/** How long a heartbeat keeps the lease when the test does not say, ms. */
const LEASE_MS = 6_000
/** Records per delivery when the test does not say. */
const BATCH_SIZE = 100

/** A source of a fake cluster, and what may befall its process. */
export interface FakeMember extends PartitionSource {
  /** As by kill -9: nothing is heard of it any more, and its calls never return. The group notices by `expire`. */
  kill(): void
  /** As by SIGSTOP: its heartbeats stop and it hears nothing, until `thaw`; its own calls go on, as after it woke up. */
  freeze(): void
  /** Hears what it missed, and joins again when it was given up. */
  thaw(): void
}

/** What the cluster sees of a member. */
export interface MemberState {
  readonly clientId: string
  endAssignment(): Promise<void>
  assign(assignment: Assignment): void
  life(): 'running' | 'frozen' | 'dead' | 'closed'
  /** Another process has the client id. */
  refused(): void
  /** Delivers what there is, in turns to come. */
  pump(): void
}

/** Creates a member that has not joined. */
export function createFakeMember(clientId: string, group: FakeGroup): FakeMember {
  const {
    nowMs,
    leaseMs = LEASE_MS,
    batchSize = BATCH_SIZE,
    drainLimit = () => new Promise<void>(() => {}),
  } = group.options
  let listener: SourceListener | undefined
  let assignment: Assignment | undefined
  let missed: Assignment | undefined
  let life: ReturnType<MemberState['life']> = 'running'
  let failure: Error | undefined
  let heartbeatAtMs = 0
  let pumping = false
  let ending: Promise<void> | undefined
  const positions = new Map<string, number>()
  const paused = new Set<string>()

  const isHealthy = () => life === 'running' && !group.isAway()
  const beat = () => {
    if (isHealthy() && group.isCurrent(state)) heartbeatAtMs = nowMs()
  }

  /** Drains where there is one to hear it; without an assignment there is nothing to do. */
  function end(): Promise<void> {
    const ended = assignment
    if (ended === undefined || life === 'frozen' || life === 'dead') return Promise.resolve()
    ending ??= Promise.race([listener?.drain(ended.epoch), drainLimit()]).then(() => {
      ending = undefined
      if (life !== 'dead') lose(ended.epoch)
    })
    return ending
  }
  function lose(epoch: number): void {
    if (assignment?.epoch !== epoch) return
    assignment = undefined
    listener?.lost(epoch)
  }
  function take(next: Assignment): void {
    assignment = next
    positions.clear()
    paused.clear()
    for (const at of next.partitions) {
      positions.set(toKey(at), group.committed(at)?.offset ?? group.log(at).low)
      paused.add(toKey(at))
    }
    heartbeatAtMs = nowMs()
    listener?.assigned(next)
  }
  /** @returns whether something was delivered */
  function deliverFrom(at: TopicPartition, epoch: number): boolean {
    const key = toKey(at)
    if (!isHealthy() || assignment?.epoch !== epoch || ending !== undefined || paused.has(key)) return false
    const log = group.log(at)
    const position = positions.get(key) ?? 0
    if (position < log.low) {
      positions.set(key, log.low)
      listener?.expired({ ...at, from: position, to: log.low })
    }
    const from = Math.max((positions.get(key) ?? 0) - log.low, 0)
    const records = log.records.slice(from, from + batchSize)
    const last = records.at(-1)
    if (last === undefined) return false
    positions.set(key, last.offset + 1)
    listener?.records({ ...at, records, high: log.low + log.records.length, epoch })
    return true
  }
  function pump(): void {
    if (pumping) return
    pumping = true
    setImmediate(() => {
      pumping = false
      beat()
      const current = assignment
      if (current === undefined) return
      const delivered = current.partitions.map((at) => deliverFrom(at, current.epoch))
      if (delivered.includes(true)) pump()
    })
  }
  /** A call to Kafka: over the network, and not while it is away. */
  async function call(): Promise<void> {
    await new Promise<void>((resolve) => (life === 'dead' ? undefined : setImmediate(resolve)))
    if (group.isAway()) throw new KafkaUnavailableError('the fake cluster is away')
  }
  const state: MemberState = {
    clientId,
    endAssignment: end,
    assign(next) {
      if (life === 'frozen') missed = next
      else if (life === 'running') take(next)
    },
    life: () => life,
    refused: () => fail(new GroupPlaceTakenError({ clientId, holder: 'another process' })),
    pump,
  }
  function fail(error: Error): void {
    life = 'closed'
    failure = error
    if (assignment !== undefined) lose(assignment.epoch)
    listener?.failed(error)
  }

  return {
    async start(to) {
      await call()
      listener = to
      group.join(state)
    },
    async bounds(partitions) {
      await call()
      return partitions.map((at) => {
        const { low, records } = group.log(at)
        return { ...at, committed: group.committed(at), low, high: low + records.length }
      })
    },
    pause(partitions) {
      for (const at of partitions) if (positions.has(toKey(at))) paused.add(toKey(at))
    },
    resume(partitions) {
      for (const at of partitions) paused.delete(toKey(at))
      pump()
    },
    async commit(offsets, epoch) {
      assertCommittable(offsets)
      await call()
      if (assignment?.epoch !== epoch || !group.isCurrent(state)) return false
      group.store(offsets)
      return true
    },
    async trim(below) {
      await call()
      for (const { topic, partition, offset } of below) {
        const log = group.log({ topic, partition })
        log.records.splice(0, Math.max(0, offset - log.low))
        log.low = Math.max(log.low, offset)
      }
    },
    leaseUntilMs() {
      beat()
      return assignment === undefined || life === 'dead' ? 0 : heartbeatAtMs + leaseMs
    },
    problem: () => failure?.message ?? (assignment === undefined ? 'has not joined its group' : undefined),
    async close() {
      await end()
      if (life !== 'dead') life = 'closed'
      group.leave(state)
    },
    kill() {
      life = 'dead'
    },
    freeze() {
      heartbeatAtMs = nowMs()
      life = 'frozen'
    },
    thaw() {
      if (life !== 'frozen') return
      life = 'running'
      const next = missed
      missed = undefined
      const isGivenUp = !group.isCurrent(state)
      if (assignment !== undefined && (isGivenUp || next !== undefined)) lose(assignment.epoch)
      if (isGivenUp && group.isTaken(clientId)) return fail(new GroupMemberReplacedError({ clientId }))
      if (isGivenUp) group.join(state)
      else if (next !== undefined) take(next)
      pump()
    },
  }
}

/** @throws {RangeError} what no broker would take */
function assertCommittable(offsets: readonly CommittedOffset[]): void {
  for (const { offset, metadata } of offsets) {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`${offset} is no offset`)
    if (metadata.length > MAX_METADATA_LENGTH) throw new RangeError(`metadata of ${metadata.length} units is too long`)
  }
}
