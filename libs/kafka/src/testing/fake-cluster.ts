import { assignPartitions } from '../assign-partitions.ts'
import type { CommittedOffset, KafkaRecord, TopicPartition } from '../group-source.ts'
import { KafkaUnavailableError, PartitionUnknownError } from '../kafka-errors.ts'
import { toKey } from '../partition-key.ts'
import { createFakeMember, type FakeMember, type MemberState } from './fake-member.ts'

/** A cluster with one consumer group, in memory. Nothing happens on its own clock: all of it goes by turns of the event loop. */
export interface FakeCluster {
  /** Writes a record at the end of a partition. @returns its offset @throws as `records` */
  append(at: TopicPartition, record?: Partial<Pick<KafkaRecord, 'key' | 'value' | 'headers' | 'timestampMs'>>): number
  /** Gives a topic more partitions; members are not told. */
  grow(topic: string, partitions: number): void
  /** What a partition holds, trimmed records left out. @throws {PartitionUnknownError} @throws {RangeError} no such topic */
  records(of: TopicPartition): readonly KafkaRecord[]
  /** What the group has committed of a partition. */
  committed(of: TopicPartition): { readonly offset: number; readonly metadata: string } | undefined
  /** Commits that were accepted, request by request. */
  readonly commits: readonly (readonly CommittedOffset[])[]
  /** A process that may join. Under the client id of another it waits while that one is frozen, and is refused while it runs. */
  member(clientId: string): FakeMember
  /** The group gives up a member that fell silent, and shares its partitions out. */
  expire(clientId: string): void
  /** While Kafka is away requests fail, nothing is delivered and leases run out. */
  setAway(away: boolean): void
}

/** What the fake needs. */
export interface FakeClusterOptions {
  /** Partitions by topic. */
  readonly topics: Readonly<Record<string, number>>
  /** Monotonic, ms; for the lease. */
  readonly nowMs: () => number
  /** How long a heartbeat keeps the lease, ms. */
  readonly leaseMs?: number
  /** Records per delivery. */
  readonly batchSize?: number
  /** Resolves when a drain has taken too long; never, when not given. */
  readonly drainLimit?: () => Promise<void>
}

/** A partition's log. */
export interface FakeLog {
  low: number
  readonly records: KafkaRecord[]
}

/** What members see of the cluster. */
export interface FakeGroup {
  readonly options: FakeClusterOptions
  readonly commits: (readonly CommittedOffset[])[]
  log(at: TopicPartition): FakeLog
  committed(at: TopicPartition): { readonly offset: number; readonly metadata: string } | undefined
  store(offsets: readonly CommittedOffset[]): void
  join(member: MemberState): void
  leave(member: MemberState): void
  isCurrent(member: MemberState): boolean
  /** Somebody is in the group under the client id. */
  isTaken(clientId: string): boolean
  isAway(): boolean
}

/** Creates a cluster whose topics are empty. */
export function createFakeCluster(options: FakeClusterOptions): FakeCluster {
  const logs = new Map<string, FakeLog>()
  const offsets = new Map<string, { readonly offset: number; readonly metadata: string }>()
  const commits: (readonly CommittedOffset[])[] = []
  const joined = new Map<string, MemberState>()
  const started = new Set<MemberState>()
  /** Started under a client id that a frozen process has. */
  const waiting = new Set<MemberState>()
  let away = false
  let epoch = 0
  let wanted = 0
  let rebalancing = false

  for (const [topic, partitions] of Object.entries(options.topics)) grow(topic, partitions)

  function grow(topic: string, partitions: number): void {
    for (let partition = 0; partition < partitions; partition += 1) {
      const key = toKey({ topic, partition })
      if (!logs.has(key)) logs.set(key, { low: 0, records: [] })
    }
  }
  function logAt(at: TopicPartition): FakeLog {
    const log = logs.get(toKey(at))
    if (log !== undefined) return log
    if (at.topic in options.topics) throw new PartitionUnknownError(at)
    throw new RangeError(`there is no topic ${at.topic}`)
  }
  function rebalance(): void {
    wanted += 1
    if (rebalancing) return
    rebalancing = true
    void share().finally(() => {
      rebalancing = false
    })
  }
  async function share(): Promise<void> {
    for (let done = 0; done !== wanted; ) {
      done = wanted
      // As over the network: nobody hears of it within the call that caused it.
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.all([...joined.values()].map((member) => member.endAssignment()))
      if (done !== wanted) continue
      epoch += 1
      const topics = Object.entries(options.topics).map(([topic, partitions]) => ({ topic, partitions }))
      const shares = assignPartitions([...joined.keys()], topics)
      for (const [clientId, member] of joined) {
        const partitions = Object.entries(shares.get(clientId) ?? {}).flatMap(([topic, numbers]) =>
          numbers.map((partition) => ({ topic, partition })),
        )
        member.assign({ epoch, partitions })
      }
    }
  }
  const group: FakeGroup = {
    options,
    commits,
    log: logAt,
    committed: (at) => offsets.get(toKey(at)),
    store(committed) {
      commits.push(committed)
      for (const { topic, partition, offset, metadata } of committed) {
        offsets.set(toKey({ topic, partition }), { offset, metadata })
      }
    },
    join(member) {
      if (away) throw new KafkaUnavailableError('the fake cluster is away')
      started.add(member)
      const holder = joined.get(member.clientId)
      if (holder?.life() === 'running') return member.refused()
      if (holder?.life() === 'frozen') return void waiting.add(member)
      joined.set(member.clientId, member)
      rebalance()
    },
    leave(member) {
      waiting.delete(member)
      if (joined.get(member.clientId) !== member) return
      joined.delete(member.clientId)
      rebalance()
      const next = [...waiting].find(({ clientId }) => clientId === member.clientId)
      if (next === undefined) return
      waiting.delete(next)
      group.join(next)
    },
    isTaken: (clientId) => joined.has(clientId),
    isCurrent: (member) => joined.get(member.clientId) === member,
    isAway: () => away,
  }
  return {
    commits,
    append(at, { key = null, value = null, headers = {}, timestampMs = 0 } = {}) {
      const log = logAt(at)
      const offset = log.low + log.records.length
      const { topic, partition } = at
      log.records.push({ topic, partition, offset, key, value, headers, timestampMs })
      for (const member of joined.values()) member.pump()
      return offset
    },
    grow,
    records: (of) => logAt(of).records,
    committed: group.committed,
    member: (clientId) => createFakeMember(clientId, group),
    expire(clientId) {
      const member = joined.get(clientId)
      if (member !== undefined) group.leave(member)
    },
    setAway(isAway) {
      away = isAway
      for (const member of started) member.pump()
    },
  }
}
