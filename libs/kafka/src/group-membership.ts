import type { CountedTopic } from './assign-partitions.ts'
import { isFinal, toFinalError } from './final-error.ts'
import {
  describeMembers,
  type GroupMember,
  joinGroup,
  leaveGroup,
  type MemberIdentity,
  sendHeartbeat,
  syncGroup,
} from './group-coordinator.ts'
import { createGroupPlace } from './group-place.ts'
import type { TopicPartition } from './group-source.ts'
import { KafkaUnavailableError, kafkaErrorOf } from './kafka-errors.ts'
import type { BrokerHandle, KafkajsCluster } from './kafkajs-insides.ts'
import type { AcquireMachineLock } from './machine-lock.ts'
import { wait } from './wait.ts'

/** A membership that stands, in one assignment. */
export interface CurrentMember extends GroupMember {
  readonly epoch: number
}

/** What becomes of the membership. They return at once, but for `drain`; what they throw ends the membership. */
export interface MembershipEvents {
  assigned(member: CurrentMember, partitions: readonly TopicPartition[]): void
  drain(epoch: number): Promise<void>
  lost(epoch: number): void
  failed(error: Error): void
}

/** How a member behaves. */
export interface MembershipOptions extends MemberIdentity {
  readonly topics: readonly string[]
  readonly sessionTimeoutMs: number
  /** Longest wait for a drain, ms. */
  readonly drainMs: number
  readonly acquireLock: AcquireMachineLock
  /** Monotonic, ms. */
  readonly nowMs: () => number
}

/** One member's place in its group. */
export interface Membership {
  /** Joins, and joins again whenever it has to, until `stop` or for good reason. */
  start(): void
  current(): CurrentMember | undefined
  /** The broker that keeps the group. @throws the client's own errors */
  coordinator(): Promise<BrokerHandle>
  /** Until when the group certainly has not given this member up, by `nowMs`; 0 while nothing is assigned. */
  heardUntilMs(): number
  problem(): string | undefined
  /** Ends the membership for good; calls that are under way still get their drain. */
  fail(error: unknown): void
  /** Drains, leaves, and gives its place free, which it keeps after a failure until then. A join under way is not waited for beyond the drain time. */
  stop(): Promise<void>
}

/** Heartbeats per session: a rebalance is noticed within one. */
const HEARTBEATS_PER_SESSION = 20
/** A heartbeat without an answer by this part of the session goes over a fresh connection next time. */
const HEARTBEAT_TRIES_PER_SESSION = 4
/** First and longest wait before joining again after a failure, ms. */
const REJOIN_MS = { first: 50, longest: 1_000 }

/**
 * Creates a static member (KIP-345): a process that starts again under its client id takes its own place back at once,
 * and nobody else rebalances. It waits while the one before it may live, see `createGroupPlace`.
 *
 * Heartbeats have a loop of their own, so that neither handlers nor fetches, nor a drain, cost the membership.
 */
export function createMembership(
  cluster: KafkajsCluster,
  options: MembershipOptions,
  events: MembershipEvents,
): Membership {
  const { groupId, clientId, sessionTimeoutMs, drainMs, nowMs } = options
  const intervalMs = Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION)
  // A member that drains for as long as it may, and dies then, is given up by its session first: no lease outlives this.
  const rebalanceTimeoutMs = drainMs + sessionTimeoutMs + 2 * intervalMs
  const stopping = new AbortController()
  const place = createGroupPlace({
    ...options,
    lockName: async () => JSON.stringify([await cluster.clusterId(), groupId, clientId]),
    acquire: options.acquireLock,
    signal: stopping.signal,
  })
  let running: Promise<void> = Promise.resolve()
  let known: BrokerHandle | undefined
  let memberId = ''
  let epoch = 0
  let doom: { readonly error: unknown } | undefined
  let current: CurrentMember | undefined
  let heardUntilMs = 0
  let problem: string | undefined = 'has not joined its group yet'

  async function coordinator(): Promise<BrokerHandle> {
    known ??= await cluster.findCoordinator(groupId)
    return known
  }
  function forget(error: unknown): void {
    known = undefined
    problem = error instanceof Error ? error.message : String(error)
  }

  function countPartitions(): readonly CountedTopic[] {
    return options.topics.map((topic) => ({ topic, partitions: cluster.partitions(topic).length }))
  }

  /** `unheard`: nobody knows; the lease runs on. */
  async function beat(member: CurrentMember): Promise<'alive' | 'rebalance' | 'gone' | 'unheard'> {
    const sentAtMs = nowMs()
    let heard: 'alive' | 'rebalance' = 'alive'
    try {
      await sendHeartbeat(await coordinator(), member, { timeoutMs: sessionTimeoutMs / HEARTBEAT_TRIES_PER_SESSION })
    } catch (error) {
      const name = kafkaErrorOf(error)
      if (name === 'UNKNOWN_MEMBER_ID') memberId = ''
      if (name === 'UNKNOWN_MEMBER_ID' || name === 'ILLEGAL_GENERATION') return 'gone'
      if (isFinal(error)) throw error
      if (name !== 'REBALANCE_IN_PROGRESS') {
        forget(error)
        return 'unheard'
      }
      heard = 'rebalance'
    }
    // From when it was sent: the group counts from when it came, which is later.
    heardUntilMs = sentAtMs + sessionTimeoutMs
    problem = undefined
    return heard
  }

  async function join(): Promise<void> {
    problem = 'is joining its group'
    await cluster.refreshMetadata()
    const topics = countPartitions()
    const unknown = topics.find(({ partitions }) => partitions === 0)
    if (unknown !== undefined) throw new KafkaUnavailableError(`nothing is known of topic ${unknown.topic}`)
    const broker = await coordinator()
    if (memberId === '') await place.claim(() => describeMembers(broker, groupId))
    if (stopping.signal.aborted) return
    const joined = await joinGroup(
      broker,
      { groupId, clientId, memberId },
      { machine: place.machine(), topics, sessionTimeoutMs, rebalanceTimeoutMs },
    )
    memberId = joined.memberId
    const timeoutMs = rebalanceTimeoutMs
    const partitions = await syncGroup(broker, options, { joined, topics, timeoutMs })
    const { generationId } = joined
    const member = { groupId, clientId, memberId, generationId, epoch: epoch + 1 }
    if ((await beat(member)) !== 'alive' || stopping.signal.aborted) return
    epoch = member.epoch
    await hold(member, { partitions, topics })
  }

  async function hold(
    member: CurrentMember,
    joined: { readonly partitions: readonly TopicPartition[]; readonly topics: readonly CountedTopic[] },
  ): Promise<void> {
    current = member
    try {
      events.assigned(member, joined.partitions)
      if ((await untilEnd(member, joined.topics)) !== 'gone') await drain(member)
    } finally {
      current = undefined
      heardUntilMs = 0
      problem = 'is rebalancing'
      events.lost(member.epoch)
    }
  }

  async function untilEnd(member: CurrentMember, topics: readonly CountedTopic[]): Promise<'rebalance' | 'gone'> {
    for (;;) {
      await wait(intervalMs, stopping.signal)
      if (stopping.signal.aborted) return 'rebalance'
      const heard = await beat(member)
      if (heard === 'rebalance' || heard === 'gone') return heard
      if (countPartitions().some(({ partitions }, index) => partitions > (topics[index]?.partitions ?? 0))) {
        return 'rebalance'
      }
    }
  }

  async function drain(member: CurrentMember): Promise<void> {
    const over = new AbortController()
    const drained = Promise.race([events.drain(member.epoch), wait(drainMs, over.signal)]).finally(() => over.abort())
    try {
      while (!over.signal.aborted) {
        await wait(intervalMs, over.signal)
        if (!over.signal.aborted && (await beat(member)) === 'gone') return
      }
      await drained
    } finally {
      over.abort()
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const before = epoch
      try {
        await join()
      } catch (error) {
        if (isFinal(error)) {
          doom ??= { error }
          break
        }
        if (kafkaErrorOf(error) === 'UNKNOWN_MEMBER_ID') memberId = ''
        forget(error)
      }
      failures = epoch > before ? 0 : failures + 1
      if (failures > 0) await wait(Math.min(REJOIN_MS.longest, REJOIN_MS.first * 2 ** failures), stopping.signal)
    }
    await leave()
    if (doom !== undefined) events.failed(toFinalError(doom.error, { clientId }))
  }

  async function leave(): Promise<void> {
    if (memberId === '') return
    // Not heard: the group gives this member up when its session ends.
    await coordinator()
      .then((broker) => leaveGroup(broker, { groupId, clientId, memberId }))
      .catch(() => undefined)
  }

  return {
    start() {
      running = run()
    },
    current: () => current,
    coordinator,
    heardUntilMs: () => heardUntilMs,
    problem: () => place.problem() ?? problem,
    fail(error) {
      doom ??= { error }
      stopping.abort()
    },
    async stop() {
      stopping.abort()
      const over = new AbortController()
      await Promise.race([running, wait(drainMs + intervalMs, over.signal)])
      over.abort()
      // Last: until now calls may have been under way.
      place.release()
    },
  }
}
