import type { Headers } from './headers.ts'

/** A record as Kafka holds it. */
export interface KafkaRecord {
  /** Topic as the cluster knows it. */
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  /** Broker or producer time, epoch ms. */
  readonly timestampMs: number
}

/** A record that may start now, with the assignment that it belongs to. */
export interface Delivery {
  readonly record: KafkaRecord
  /** Assignment in which it was delivered; a later one makes it stale. */
  readonly epoch: number
  /** Aborted when the partition is lost or the source closes. */
  readonly signal: AbortSignal
}

/** The next offset to read of one partition: everything below it is settled. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** Reads the partitions that the group gives to this member. */
export interface PartitionSource {
  /**
   * The next record that may start now; waits for one. Records of one partition come one after the other: the next
   * one only after `done` of the one before. Undefined once the source is closed.
   *
   * @throws when the group membership has failed for good
   */
  next(): Promise<Delivery | undefined>
  /** Marks a record as settled. Does nothing when its partition was lost meanwhile. */
  done(delivery: Delivery): void
  /** Positions that moved since they were last committed, with the assignment that they belong to. */
  uncommitted(): { readonly epoch: number; readonly positions: readonly Position[] }
  /**
   * Commits positions. Does nothing when the assignment has changed: the new owner reads them again.
   *
   * @throws {KafkaUnavailableError} @throws {KafkaRefusedError}
   */
  commit(uncommitted: { readonly epoch: number; readonly positions: readonly Position[] }): Promise<void>
  /** Records behind the high watermark that are not settled, by topic. */
  lag(): ReadonlyMap<string, number>
  /** Why nothing is read at present; undefined while the group membership stands. */
  problem(): string | undefined
  /** Stops handing out records; `next` resolves to undefined. Heartbeats go on until `close`. */
  stop(): void
  /** Leaves the group. Commit before it. */
  close(): Promise<void>
}
