import { randomUUID } from 'node:crypto'
import type { CountedTopic } from './assign-partitions.ts'
import { createCoordinatorLink } from './coordinator-link.ts'
import { isFinal, toFinalError } from './final-error.ts'
import { describeGroup, joinGroup, leaveGroup, sendHeartbeat, syncGroup } from './group-coordinator.ts'
import { createGroupLease } from './group-lease.ts'
import { createGroupPlace } from './group-place.ts'
import type { TopicPartition } from './group-source.ts'
import { KafkaUnavailableError, kafkaErrorOf } from './kafka-errors.ts'
import type { KafkajsCluster } from './kafkajs-insides.ts'
import type { CurrentMember, Membership, MembershipEvents, MembershipOptions } from './membership.ts'
import { createShareRequest, findUnshared, toKnown } from './shared-counts.ts'
import { wait } from './wait.ts'

/** Heartbeats per session: a rebalance is noticed within one. */
const HEARTBEATS_PER_SESSION = 20
/** A heartbeat without an answer by this part of the session goes over a fresh connection next time. */
const HEARTBEAT_TRIES_PER_SESSION = 4
/** A heartbeat that waits for its answer this many times as long as until the next one is told as a problem. */
const OVERDUE_HEARTBEATS = 3
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
  const { groupId, clientId, sessionTimeoutMs, drainMs, logger } = options
  const intervalMs = Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION)
  // A member that drains for as long as it may, and dies then, is given up by its session first: no lease outlives this.
  const rebalanceTimeoutMs = drainMs + sessionTimeoutMs + 2 * intervalMs
  const stopping = new AbortController()
  const place = createGroupPlace({
    ...options,
    lockName: async () => JSON.stringify([await cluster.clusterId(), groupId, clientId]),
    rebalanceTimeoutMs,
    signal: stopping.signal,
  })
  const link = createCoordinatorLink(() => cluster.findCoordinator(groupId))
  const lease = createGroupLease(options)
  const request = createShareRequest(randomUUID)
  let running: Promise<void> = Promise.resolve()
  let memberId = ''
  let epoch = 0
  let doom: { readonly error: unknown } | undefined
  let current: CurrentMember | undefined
  let problem: string | undefined = 'has not joined its group yet'

  function forget(error: unknown): void {
    link.forget()
    problem = error instanceof Error ? error.message : String(error)
  }

  function overdue(): string | undefined {
    const waitingMs = lease.waitingMs()
    if (waitingMs < OVERDUE_HEARTBEATS * intervalMs) return undefined
    return `waits for the answer to its heartbeat, for ${Math.round(waitingMs)} ms`
  }

  function countPartitions(): readonly CountedTopic[] {
    return options.topics.map((topic) => ({ topic, partitions: cluster.partitions(topic).length }))
  }

  /** `unheard`: nobody knows; the lease runs on. */
  async function beat(member: CurrentMember): Promise<'alive' | 'rebalance' | 'gone' | 'unheard'> {
    const heartbeat = lease.begin()
    let heard: 'alive' | 'rebalance' = 'alive'
    try {
      const timeoutMs = sessionTimeoutMs / HEARTBEAT_TRIES_PER_SESSION
      await sendHeartbeat(await link.coordinator(), member, { timeoutMs })
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
    } finally {
      heartbeat.over()
    }
    heartbeat.heard()
    problem = undefined
    return heard
  }

  async function join(): Promise<void> {
    problem = 'is joining its group'
    await cluster.refreshMetadata()
    const topics = countPartitions()
    const unknown = topics.find(({ partitions }) => partitions === 0)
    if (unknown !== undefined) throw new KafkaUnavailableError(`nothing is known of topic ${unknown.topic}`)
    const broker = await link.coordinator()
    if (memberId === '') await place.claim(() => describeGroup(broker, groupId))
    if (stopping.signal.aborted) return
    const joined = await joinGroup(
      broker,
      { groupId, clientId, memberId },
      { machine: place.machine(), topics, nonce: request.nonce(), sessionTimeoutMs, rebalanceTimeoutMs },
    )
    memberId = joined.memberId
    const timeoutMs = rebalanceTimeoutMs
    const { partitions, shared } = await syncGroup(broker, options, { joined, topics, timeoutMs })
    const unshared = findUnshared(topics, shared)
    // Joins again, and asks with it.
    if (unshared.length > 0 && request.admits(topics)) return
    if (unshared.length > 0 && shared !== undefined) {
      logger.warn("the leader of the group knows of fewer partitions: the others are nobody's", { unshared })
    }
    const { generationId } = joined
    const member = { groupId, clientId, memberId, generationId, epoch: epoch + 1 }
    if ((await beat(member)) !== 'alive' || stopping.signal.aborted) return
    epoch = member.epoch
    await hold(member, { partitions, topics: toKnown(topics, shared) })
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
      lease.end()
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
    // A drain that fails, whenever it does, ends the membership.
    const drained = (async () => events.drain(member.epoch))().catch(fail)
    void Promise.race([drained, wait(drainMs, over.signal)]).then(() => over.abort())
    try {
      while (!over.signal.aborted) {
        await wait(intervalMs, over.signal)
        if (!over.signal.aborted && (await beat(member)) === 'gone') return
      }
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
    await link
      .coordinator()
      .then((broker) => leaveGroup(broker, { groupId, clientId, memberId }))
      .catch(() => undefined)
  }

  function fail(error: unknown): void {
    doom ??= { error }
    stopping.abort()
  }

  return {
    start() {
      running = run()
    },
    current: () => current,
    coordinator: link.coordinator,
    heardUntilMs: lease.untilMs,
    problem: () => place.problem() ?? problem ?? overdue(),
    fail,
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
