import { createKafka, type KafkaConnection } from './create-kafka.ts'
import { toSlices } from './fetched-records.ts'
import { isFinal } from './final-error.ts'
import type { KafkaRecord, PartitionBounds, TopicPartition } from './group-source.ts'
import { classifyKafkaError, KafkaRefusedError, KafkaUnavailableError, TopicMismatchError } from './kafka-errors.ts'
import {
  errorNameOf,
  type FetchedPartition,
  type KafkajsCluster,
  leaderOf,
  openKafkajsCluster,
} from './kafkajs-insides.ts'
import { readBounds, readHeld } from './partition-bounds.ts'
import { toKey } from './partition-key.ts'
import { wait } from './wait.ts'

/** Most that one fetch brings, bytes; a single batch that is larger comes all the same. */
const MAX_FETCH_BYTES = 1_048_576
/** Longest wait of a broker for records, ms: what is read is there already. */
const MAX_WAIT_MS = 100
/** Before the next try after an error, ms. */
const RETRY_MS = 200
/** Longest time without a record, ms. */
const PATIENCE_MS = 15_000
/** What we know of leaders is asked for anew after an error; a command does not live longer than this, ms. */
const METADATA_MAX_AGE_MS = 300_000

/** Offsets `from` to `to`, without `to`. */
export interface ReadRange extends TopicPartition {
  readonly from: number
  readonly to: number
}

/** Reads ranges of partitions without being part of any group: for commands that look at what is there. */
export interface TopicReader {
  /** What a group has committed of all partitions of some topics, and what they hold. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
  bounds(groupId: string, topics: readonly string[]): Promise<readonly PartitionBounds[]>
  /** What all partitions of a topic hold, whoever reads them. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
  held(topic: string): Promise<readonly ReadRange[]>
  /**
   * Calls with the records of a range, some at once and in order; waits for each call. What retention deletes meanwhile
   * is left out.
   *
   * @throws {KafkaUnavailableError} nothing came for fifteen seconds @throws {KafkaRefusedError}
   */
  read(range: ReadRange, onRecords: (records: readonly KafkaRecord[]) => Promise<void> | void): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a reader on some topics, as the cluster knows them.
 *
 * @throws {TopicMismatchError} one of them is missing @throws {KafkaUnavailableError} @throws {KafkaRefusedError}
 */
export async function openTopicReader(connection: KafkaConnection, topics: readonly string[]): Promise<TopicReader> {
  const kafka = createKafka(connection)
  const cluster = openKafkajsCluster(kafka, { groupId: 'none', metadataMaxAgeMs: METADATA_MAX_AGE_MS })
  const partitionsOf = (topic: string) =>
    cluster.partitions(topic).map(({ partitionId }) => ({ topic, partition: partitionId }))
  try {
    await assertThere(kafka, topics)
    await cluster.connect(topics)
  } catch (error) {
    await cluster.disconnect().catch(() => undefined)
    throw error instanceof TopicMismatchError ? error : classifyKafkaError(error)
  }
  return {
    bounds: (groupId, wanted) =>
      classified(() => {
        const group = { groupId, coordinator: () => cluster.findCoordinator(groupId) }
        return readBounds(cluster, group, wanted.flatMap(partitionsOf))
      }),
    held: (topic) =>
      classified(async () => {
        const held = await readHeld(cluster, partitionsOf(topic))
        return held.map(({ partition, low, high }) => ({ topic, partition, from: low, to: high }))
      }),
    read: (range, onRecords) => classified(() => readRange(cluster, range, onRecords)),
    close: () => cluster.disconnect().catch(() => undefined),
  }
}

/** Asks before the client does: it would ask for a topic that is not there ever after. */
async function assertThere(kafka: ReturnType<typeof createKafka>, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const there = new Set(await admin.listTopics())
    const missing = topics.filter((topic) => !there.has(topic))
    if (missing.length > 0) throw new TopicMismatchError(missing.map((topic) => `${topic} is missing`))
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

async function classified<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof Error && error.name.startsWith('KafkaJS') ? classifyKafkaError(error) : error
  }
}

async function readRange(
  cluster: KafkajsCluster,
  range: ReadRange,
  onRecords: (records: readonly KafkaRecord[]) => Promise<void> | void,
): Promise<void> {
  let position = range.from
  let waitsSinceMs = performance.now()
  while (position < range.to) {
    const found = await fetchOnce(cluster, range, position)
    for (const { read } of found.slices) {
      const wanted = read().filter(({ offset }) => offset >= position && offset < range.to)
      if (wanted.length > 0) await onRecords(wanted)
    }
    if (found.nextOffset > position) waitsSinceMs = performance.now()
    else if (performance.now() - waitsSinceMs > PATIENCE_MS)
      throw new KafkaUnavailableError(`${toKey(range)}: ${found.trouble ?? 'nothing comes'}`)
    else await recover(cluster)
    position = found.nextOffset
  }
}

interface Found {
  readonly slices: readonly { readonly read: () => readonly KafkaRecord[] }[]
  readonly nextOffset: number
  readonly trouble?: string
}

/** One fetch of one partition. An error that passes leaves the position where it is. */
async function fetchOnce(cluster: KafkajsCluster, at: TopicPartition, position: number): Promise<Found> {
  const none = (trouble: string): Found => ({ slices: [], nextOffset: position, trouble })
  try {
    const leader = leaderOf(cluster, at)
    if (leader === undefined) return none('no leader is known')
    const broker = await cluster.findBroker(leader)
    const answer = (await broker.send('Fetch', toRequest(at, position), { parse: 'none' })) as {
      readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[]
    }
    const fetched = answer.responses[0]?.partitions[0]
    if (fetched === undefined) return none('an empty answer')
    const error = errorNameOf(fetched.errorCode)
    if (error === undefined) return toSlices(at, position, fetched)
    if (error === 'TOPIC_AUTHORIZATION_FAILED') throw new KafkaRefusedError({ kafkaError: error })
    return error === 'OFFSET_OUT_OF_RANGE' ? await behindGap(cluster, at, position) : none(error)
  } catch (error) {
    if (isFinal(error)) throw error
    return none(error instanceof Error ? error.message : String(error))
  }
}

/** What was to be read has been deleted since: reading goes on with what is left. */
async function behindGap(cluster: KafkajsCluster, at: TopicPartition, position: number): Promise<Found> {
  const [held] = await readHeld(cluster, [at])
  if (held === undefined || held.low <= position) throw new KafkaRefusedError({ kafkaError: 'OFFSET_OUT_OF_RANGE' })
  return { slices: [], nextOffset: held.low }
}

function toRequest({ topic, partition }: TopicPartition, position: number): object {
  return {
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_FETCH_BYTES,
    rackId: '',
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(position), maxBytes: MAX_FETCH_BYTES }] }],
  }
}

async function recover(cluster: KafkajsCluster): Promise<void> {
  await wait(RETRY_MS)
  await cluster.refreshMetadata().catch(() => undefined)
}
