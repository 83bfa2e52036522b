import { isFinal } from './final-error.ts'
import { fetchCommitted } from './group-coordinator.ts'
import type { PartitionBounds, TopicPartition } from './group-source.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import { type KafkajsCluster, leaderOf } from './kafkajs-insides.ts'
import type { BrokerHandle } from './kafkajs-requests.ts'
import { toKey } from './partition-key.ts'

/** What is held of partitions: the first offset, and the one after the last that readers may see. */
export interface HeldOffsets extends TopicPartition {
  readonly low: number
  readonly high: number
}

/** A group, and the broker that keeps its offsets. */
export interface Committer {
  readonly groupId: string
  readonly coordinator: () => Promise<BrokerHandle>
}

/**
 * What a group has committed of partitions, and what is held of them; in their order.
 *
 * @throws the client's own errors @throws {KafkaUnavailableError} a partition without a leader
 */
export async function readBounds(
  cluster: KafkajsCluster,
  group: Committer,
  partitions: readonly TopicPartition[],
): Promise<readonly PartitionBounds[]> {
  const { bounds, failure } = await readBoundsWhereLed(cluster, group, partitions)
  if (failure !== undefined) throw failure
  return bounds
}

/** The same of those partitions whose leaders answer, and why others are missing, where some are. */
export async function readBoundsWhereLed(
  cluster: KafkajsCluster,
  group: Committer,
  partitions: readonly TopicPartition[],
): Promise<{ readonly bounds: readonly PartitionBounds[]; readonly failure: unknown }> {
  const led = partitions.filter((at) => leaderOf(cluster, at) !== undefined)
  const committing =
    led.length === 0 ? [] : group.coordinator().then((broker) => fetchCommitted(broker, group.groupId, led))
  const [committed, held] = await Promise.allSettled([committing, readHeldWhereLed(cluster, partitions)])
  if (committed.status === 'rejected') return { bounds: [], failure: committed.reason }
  if (held.status === 'rejected') return { bounds: [], failure: held.reason }
  const committedAt = new Map(committed.value.map((found) => [toKey(found), found]))
  const bounds = held.value.held.map((found) => {
    const { offset, metadata } = committedAt.get(toKey(found)) ?? {}
    return { ...found, committed: offset === undefined ? undefined : { offset, metadata: metadata ?? '' } }
  })
  return { bounds, failure: held.value.failure }
}

/** What is held of partitions; in their order. @throws as `readBounds` */
export async function readHeld(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
): Promise<readonly HeldOffsets[]> {
  const { held, failure } = await readHeldWhereLed(cluster, partitions)
  if (failure !== undefined) throw failure
  return held
}

/** One leader's failure is not that of the partitions of others. */
async function readHeldWhereLed(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
): Promise<{ readonly held: readonly HeldOffsets[]; readonly failure: unknown }> {
  const byLeader = Map.groupBy(partitions, (at) => leaderOf(cluster, at))
  const answers = await Promise.allSettled(
    [...byLeader].map(([leader, led]) => (leader === undefined ? lacksLeader(led) : readHeldOfLeader(cluster, led))),
  )
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  const found = new Map(
    answers.flatMap((answer) =>
      answer.status === 'rejected' ? [] : answer.value.map((held) => [toKey(held), held] as const),
    ),
  )
  return {
    held: partitions.flatMap((at) => found.get(toKey(at)) ?? []),
    failure: failures.find(isFinal) ?? failures[0],
  }
}

async function lacksLeader(partitions: readonly TopicPartition[]): Promise<never> {
  throw new KafkaUnavailableError(`no leader is known of ${partitions.map(toKey).join(', ')}`)
}

async function readHeldOfLeader(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
): Promise<readonly HeldOffsets[]> {
  const [lows, highs] = await Promise.all([
    listOffsets(cluster, partitions, { fromBeginning: true }),
    listOffsets(cluster, partitions, { fromBeginning: false }),
  ])
  return partitions.map(({ topic, partition }) => {
    const low = lows.get(toKey({ topic, partition }))
    const high = highs.get(toKey({ topic, partition }))
    if (low === undefined || high === undefined) throw new KafkaUnavailableError(`${topic}/${partition} has no leader`)
    return { topic, partition, low, high }
  })
}

async function listOffsets(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
  options: { readonly fromBeginning: boolean },
): Promise<ReadonlyMap<string, number>> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition }) => ({ partition })),
    ...options,
  }))
  const found = await cluster.listOffsets(topics)
  return new Map(
    found.flatMap(({ topic, partitions: list }) =>
      list.map(({ partition, offset }) => [toKey({ topic, partition }), Number(offset)] as const),
    ),
  )
}
