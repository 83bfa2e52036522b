import type { PartitionSource, TopicPartition } from '../group-source.ts'
import { toKey } from '../partition-key.ts'
import { type WatchedSource, type WatchOptions, watchSource } from './watch-source.ts'

/** A cluster with fresh topics and a fresh group. */
export interface ConformanceCluster {
  /** The cluster's name of the n-th topic. */
  readonly topics: readonly string[]
  /** Writes one record after the other to a partition. */
  append(at: TopicPartition, values: readonly string[]): Promise<void>
  member(clientId: string): PartitionSource
  /** The clock of the leases, ms. */
  nowMs(): number
}

/** The members that a test starts. */
export interface Members {
  /** Resolves when it has an assignment. */
  join(cluster: ConformanceCluster, clientId: string, options?: WatchOptions): Promise<WatchedSource>
  /** One that may never get an assignment. */
  start(cluster: ConformanceCluster, clientId: string): Promise<WatchedSource>
  leave(source: WatchedSource): Promise<void>
  /** Resolves when members share the partitions of the cluster among themselves. */
  untilShared(members: readonly WatchedSource[], partitions: number): Promise<void>
  closeAll(): Promise<void>
}

export function createMembers(): Members {
  const running: WatchedSource[] = []

  async function start(cluster: ConformanceCluster, clientId: string, options?: WatchOptions): Promise<WatchedSource> {
    const source = await watchSource(cluster.member(clientId), options)
    running.push(source)
    return source
  }
  return {
    start,
    async join(cluster, clientId, options) {
      const source = await start(cluster, clientId, options)
      await source.until(() => source.assignment() !== undefined)
      return source
    },
    async leave(source) {
      running.splice(running.indexOf(source), 1)
      await source.close()
    },
    async untilShared(members, partitions) {
      const held = () => members.flatMap((member) => member.assignment()?.partitions ?? []).map(toKey)
      const isShared = () =>
        members.every((member) => member.assignment() !== undefined) &&
        held().length === partitions &&
        new Set(held()).size === partitions
      while (!isShared()) await Promise.any(members.map((member) => member.until(changed(member))))
    },
    async closeAll() {
      await Promise.all(running.splice(0).map((source) => source.close()))
    },
  }
}

/** The records that a member was given, as text; of one partition where it is named. */
export function valuesOf(source: WatchedSource, at?: TopicPartition): readonly string[] {
  return source.records
    .filter((record) => at === undefined || toKey(record) === toKey(at))
    .map(({ value }) => String(value))
}

/** True once the member's assignment is another one than at the call. */
function changed(member: WatchedSource): () => boolean {
  const before = member.events.length
  return () => member.events.length > before
}
