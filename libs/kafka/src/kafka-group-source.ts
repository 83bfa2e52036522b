import { createBootClock } from './boot-clock.ts'
import { createKafka, type KafkaConnection } from './create-kafka.ts'
import { commitOffsets } from './group-coordinator.ts'
import { createMembership } from './group-membership.ts'
import {
  type CommittedOffset,
  MAX_METADATA_LENGTH,
  type PartitionSource,
  type SourceListener,
  type TopicPartition,
} from './group-source.ts'
import { classifyKafkaError, kafkaErrorOf } from './kafka-errors.ts'
import { openKafkajsCluster } from './kafkajs-insides.ts'
import { locatePartitions } from './locate-partitions.ts'
import { type AcquireMachineLock, acquireMachineLock } from './machine-lock.ts'
import type { CurrentMember, Membership } from './membership.ts'
import { readBounds } from './partition-bounds.ts'
import { createPartitionFetcher, type PartitionFetcher } from './partition-fetcher.ts'
import { createSocketSet } from './socket-set.ts'
import { trimTopics } from './trim-topics.ts'

/** How old what we know of topics and leaders may become, ms. */
const METADATA_MAX_AGE_MS = 30_000

/** What the source needs. */
export interface KafkaGroupSourceOptions {
  /** Its client id is the member's place in the group: stable over restarts, unique in the group, `[a-zA-Z0-9._-]` only. */
  readonly connection: KafkaConnection
  /** Group and topics as the cluster knows them. */
  readonly groupId: string
  readonly topics: readonly string[]
  /** How long a silent member keeps its partitions, ms. */
  readonly sessionTimeoutMs: number
  /** Longest wait for a drain, ms. */
  readonly drainMs: number
  /** What the lease ends before the session, ms: for a write that is under way, and for clocks. */
  readonly leaseMarginMs: number
  /** How a process of the same machine is known to be dead; by the kernel, when not given. */
  readonly acquireLock?: AcquireMachineLock
  /** Monotonic, ms. */
  readonly nowMs: () => number
}

/** Answers with which a broker refuses a commit because the member's assignment is over. */
const COMMIT_TOO_LATE = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
])

/** Creates a source that has not joined; see `PartitionSource`. */
export function createKafkaGroupSource(options: KafkaGroupSourceOptions): PartitionSource {
  const { groupId, sessionTimeoutMs } = options
  const { clientId, logger } = options.connection
  if (clientId === '') throw new TypeError('a group member needs a client id that is stable and unique')
  const sockets = createSocketSet()
  const requestTimeoutMs = Math.floor(sessionTimeoutMs / 2)
  const kafka = createKafka(options.connection, {
    requestTimeoutMs,
    // Enough to find a broker that lives; the rest is repeated here.
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 4, multiplier: 2, factor: 0.2 },
    socketFactory: sockets.factory,
  })
  const cluster = openKafkajsCluster(kafka, {
    groupId,
    metadataMaxAgeMs: METADATA_MAX_AGE_MS,
    // Less than a heartbeat may miss of the session: a connection that swallows what is sent is found in time.
    coordinatorTimeoutMs: Math.floor(sessionTimeoutMs / 4),
  })
  let listener: SourceListener | undefined
  let fetcher: PartitionFetcher | undefined
  let failure: Error | undefined
  /** Why it is not known of all partitions where to begin. */
  let unlocated: string | undefined
  const membership: Membership = createMembership(
    cluster,
    {
      ...options,
      clientId,
      logger,
      bootMs: createBootClock(options.nowMs),
      acquireLock: options.acquireLock ?? acquireMachineLock,
    },
    {
      assigned: begin,
      drain: async (epoch) => {
        fetcher?.stop()
        await listener?.drain(epoch)
      },
      lost: (epoch) => {
        fetcher?.stop()
        fetcher = undefined
        listener?.lost(epoch)
      },
      failed: (error) => {
        failure = error
        listener?.failed(error)
      },
    },
  )
  const group = { groupId, coordinator: membership.coordinator }

  function begin(member: CurrentMember, partitions: readonly TopicPartition[]): void {
    const { epoch } = member
    const current = createPartitionFetcher(cluster, partitions, {
      deliver: (batch) => listener?.records({ ...batch, epoch }),
      expired: (gap) => listener?.expired(gap),
      failed: (error) => membership.fail(error),
    })
    fetcher = current
    listener?.assigned({ epoch, partitions })
    locatePartitions(cluster, group, partitions, {
      isCurrent: () => fetcher === current,
      found: (positions) => current.start(positions),
      expired: (gap) => listener?.expired(gap),
      trouble: (why) => {
        unlocated = why
      },
    }).catch((error: unknown) => membership.fail(error))
  }

  /** Asks leaders of partitions. A failure may mean that they are others now: the next call is to know. */
  async function ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      await cluster.refreshMetadata().catch(() => undefined)
      throw classifyKafkaError(error)
    }
  }

  async function close(): Promise<void> {
    await membership.stop()
    fetcher?.stop()
    // Only now: what waits for an answer that nobody needs would hold up the end.
    sockets.destroy()
    await cluster.disconnect().catch(() => undefined)
  }

  return {
    async start(to) {
      listener = to
      try {
        await cluster.connect(options.topics)
      } catch (error) {
        await cluster.disconnect().catch(() => undefined)
        throw classifyKafkaError(error)
      }
      membership.start()
    },
    bounds: (partitions) => ask(() => readBounds(cluster, group, partitions)),
    pause: (partitions) => fetcher?.pause(partitions),
    resume: (partitions) => fetcher?.resume(partitions),
    async commit(offsets, epoch) {
      assertCommittable(offsets)
      const member = membership.current()
      if (member?.epoch !== epoch) return false
      if (offsets.length === 0) return true
      try {
        await commitOffsets(await membership.coordinator(), member, { offsets, timeoutMs: requestTimeoutMs })
        return true
      } catch (error) {
        if (COMMIT_TOO_LATE.has(kafkaErrorOf(error) ?? '')) return false
        throw classifyKafkaError(error)
      }
    },
    trim: (below) => ask(() => trimTopics(cluster, below)),
    leaseUntilMs: () => Math.max(0, membership.heardUntilMs() - options.leaseMarginMs),
    problem: () => failure?.message ?? membership.problem() ?? unlocated ?? fetcher?.problem(),
    close,
  }
}

/** @throws {RangeError} what a broker would refuse, and that only after it committed the request's other partitions */
function assertCommittable(offsets: readonly CommittedOffset[]): void {
  for (const { topic, partition, offset, metadata } of offsets) {
    const what = `${topic}/${partition}`
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`${what}: ${offset} is no offset`)
    if (metadata.length > MAX_METADATA_LENGTH) {
      throw new RangeError(`${what}: metadata of ${metadata.length} units is too long`)
    }
  }
}
