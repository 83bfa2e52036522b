import type { Headers } from './headers.ts'

/** A record as Kafka holds it. */
export interface KafkaRecord {
  /** Topic as the cluster knows it. */
  readonly topic: string
  readonly partition: number
  /** Exact below 2^53, which is asserted when it is read. */
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  /** Broker or producer time, epoch ms. */
  readonly timestampMs: number
}

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Most UTF-16 units of a commit's metadata; a broker refuses more, and has by then committed the request's other partitions. */
export const MAX_METADATA_LENGTH = 4_096

/** The next offset to read, with metadata of at most `MAX_METADATA_LENGTH` units. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly metadata: string
}

/** What the group had committed, and which offsets the topic holds. */
export interface PartitionBounds extends TopicPartition {
  /** Undefined: nothing was committed. */
  readonly committed: { readonly offset: number; readonly metadata: string } | undefined
  /** First offset that the topic holds. */
  readonly low: number
  /** Offset after the last one that readers may see. */
  readonly high: number
}

/** What one assignment gives to this member, until the next one or until it is lost. */
export interface Assignment {
  /** Grows with each assignment; commits of an older one are refused. */
  readonly epoch: number
  /** The same partition numbers of every topic (as far as the topic has them), so that a topic's retry partition comes with it. */
  readonly partitions: readonly TopicPartition[]
}

/** Some records of one partition. */
export interface RecordBatch extends TopicPartition {
  /** In offset order, never empty; offsets may have holes. Offsets at the end that hold nothing to see are not told: see the README. */
  readonly records: readonly KafkaRecord[]
  /** The partition's high watermark when they were fetched. */
  readonly high: number
  readonly epoch: number
}

/** Records that nobody will read: retention was shorter than the backlog. */
export interface ExpiredRecords extends TopicPartition {
  /** First offset that was due. */
  readonly from: number
  /** First offset that is left. */
  readonly to: number
}

/** What the source tells its one listener. The functions return at once, but for `drain`. */
export interface SourceListener {
  /** Partitions were assigned, all paused: nothing is delivered before `resume`. The lease stands. */
  assigned(assignment: Assignment): void
  /** Records in offset order, from the committed offset on, or the topic's first; none while the partition is paused, none from `drain` on. */
  records(batch: RecordBatch): void
  /** Reading goes on behind them. */
  expired(gap: ExpiredRecords): void
  /**
   * The assignment is about to end, for a rebalance or because the source closes: start nothing, finish, commit. The
   * member rejoins when it resolves, or after the drain time; heartbeats go on, and commits are accepted.
   */
  drain(epoch: number): Promise<void>
  /** The assignment has ended: nothing of it may be committed any more. Comes after `drain` where there was time for it. */
  lost(epoch: number): void
  /** The membership has failed for good; `lost` came before, where something was assigned. */
  failed(error: Error): void
}

/** Reads the partitions that the group gives to this member. */
export interface PartitionSource {
  /** Connects, and joins the group in the background. May be called again when it failed. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
  start(listener: SourceListener): Promise<void>
  /** What is committed and held, of partitions of the source's topics. @throws {KafkaUnavailableError} */
  bounds(partitions: readonly TopicPartition[]): Promise<readonly PartitionBounds[]>
  /** Holds back a partition of the assignment. What has been fetched is kept for `resume`, so neither costs a round trip. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /**
   * Commits in one request, tried once. Resolves false when the assignment is not the current one any more, or the
   * broker says so: the next owner goes on from what was committed before.
   *
   * @throws {KafkaUnavailableError} it may have been committed @throws {KafkaRefusedError}
   * @throws {RangeError} metadata is too long, or an offset is none; nothing was sent
   */
  commit(offsets: readonly CommittedOffset[], epoch: number): Promise<boolean>
  /** Deletes what lies below the offsets. Best effort, for retry topics. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
  trim(below: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>
  /** Monotonic ms until which the group counts this member as alive, with the margin taken off; 0 while nothing is assigned. */
  leaseUntilMs(): number
  /** Why nothing is read at present; undefined while all is well. */
  problem(): string | undefined
  /** Drains, then leaves the group. */
  close(): Promise<void>
}
