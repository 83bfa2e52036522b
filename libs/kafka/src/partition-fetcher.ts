import { toFetchRequest } from './fetch-request.ts'
import { type Slice, toSlices } from './fetched-records.ts'
import { isFinal } from './final-error.ts'
import type { RecordBatch, TopicPartition } from './group-source.ts'
import { KafkaRefusedError } from './kafka-errors.ts'
import { errorNameOf, type FetchedPartition, type KafkajsCluster, leaderOf } from './kafkajs-insides.ts'
import { readHeld } from './partition-bounds.ts'
import { toKey } from './partition-key.ts'
import { wait } from './wait.ts'

/** Below this many buffered bytes a partition is fetched again, so that it seldom runs dry. */
const REFILL_BYTES = 262_144
/** Longest wait of a broker for records that do not come, ms. */
const MAX_WAIT_MS = 100
/** Its wait right after a partition was left out of a fetch, since it may want to be in the next one soon, ms. */
const MIN_WAIT_MS = 5
/** Before the next try after an error, ms. */
const RETRY_MS = 200
/** Looks at an offset that a broker does not know, before it is gone for good: a leader that was replaced may not know of it yet. */
const MAX_LOOKS = 50

/** What the fetcher tells. They return at once. */
export interface FetcherEvents {
  deliver(batch: Omit<RecordBatch, 'epoch'>): void
  /** Records that nobody has read are gone: retention was shorter than the backlog. */
  expired(gap: TopicPartition & { readonly from: number; readonly to: number }): void
  failed(error: unknown): void
}

/** Reads the partitions of one assignment. */
export interface PartitionFetcher {
  /** Starts to fetch; partitions stay paused until they are resumed. */
  start(positions: readonly (TopicPartition & { readonly offset: number })[]): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  problem(): string | undefined
  /** Delivers nothing any more. */
  stop(): void
}

interface Lane extends TopicPartition {
  /** Next offset to fetch. */
  position: number
  paused: boolean
  fetching: boolean
  /** How often in a row its position was not in the log of whoever answered. */
  strayLooks: number
  readonly buffer: Slice[]
  bufferedBytes: number
}

/**
 * Creates a fetcher: one fetch in flight per broker, for all partitions there whose buffer has room.
 *
 * A pause holds the buffer back instead of dropping it, and a partition is fetched again before it has run dry: a
 * consumer that pauses and resumes a thousand times a second never waits for the network because of it.
 */
export function createPartitionFetcher(
  cluster: KafkajsCluster,
  partitions: readonly TopicPartition[],
  events: FetcherEvents,
): PartitionFetcher {
  const lanes = new Map<string, Lane>()
  const resumed = new Set<string>()
  /** Brokers that are being asked, or are left alone for a while. */
  const busy = new Set<number>()
  const known = new Set(partitions.map(toKey))
  let stopped = false
  let delivering = false
  let waiting = false
  /** Of the next fetch that leaves partitions out; doubled each time, begun anew with each delivery. */
  let shortWaitMs = MIN_WAIT_MS
  let turn = 0
  /** By broker; undefined: partitions that have none. */
  const problems = new Map<number | undefined, string>()

  function fail(error: unknown): void {
    if (!stopped) events.failed(error)
    stopped = true
  }

  /** One slice of each partition per turn of the event loop, so that heartbeats and answers have theirs. */
  function deliver(): void {
    if (delivering || stopped) return
    if (![...lanes.values()].some(isReady)) return
    delivering = true
    setImmediate(() => {
      delivering = false
      try {
        for (const lane of lanes.values()) if (!stopped && isReady(lane)) deliverSlice(lane)
      } catch (error) {
        return fail(error)
      }
      deliver()
      fetch()
    })
  }
  function deliverSlice(lane: Lane): void {
    const slice = lane.buffer.shift()
    if (slice === undefined) return
    lane.bufferedBytes -= slice.bytes
    shortWaitMs = MIN_WAIT_MS
    const { topic, partition } = lane
    events.deliver({ topic, partition, records: slice.read(), high: slice.high })
  }

  function fetch(): void {
    if (stopped) return
    turn += 1
    const leaderless: Lane[] = []
    const byLeader = Map.groupBy(lanes.values(), (lane) => leaderOf(cluster, lane))
    for (const nodeId of problems.keys()) if (!byLeader.has(nodeId)) problems.delete(nodeId)
    for (const [nodeId, led] of byLeader) {
      const wanted = led.filter((lane) => !lane.fetching && lane.bufferedBytes < REFILL_BYTES)
      if (nodeId === undefined) leaderless.push(...wanted)
      else if (wanted.length > 0 && !busy.has(nodeId)) void fetchFrom(nodeId, wanted, led.length)
    }
    void waitForLeaders(leaderless)
  }
  async function fetchFrom(nodeId: number, wanted: readonly Lane[], ledLanes: number): Promise<void> {
    busy.add(nodeId)
    for (const lane of wanted) lane.fetching = true
    let trouble: string | undefined
    try {
      await cluster.refreshMetadataIfNecessary()
      const broker = await cluster.findBroker(nodeId)
      const waitMs = wanted.length === ledLanes ? MAX_WAIT_MS : shortWaitMs
      if (waitMs < MAX_WAIT_MS) shortWaitMs = Math.min(MAX_WAIT_MS, shortWaitMs * 2)
      const askedAtMs = performance.now()
      const positions = wanted.map(({ position }) => position)
      const answer = (await broker.send('Fetch', toFetchRequest(wanted, { waitMs, turn }), { parse: 'none' })) as {
        readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
      }
      if (stopped) return
      for (const { topicName, partitions: answered } of answer.responses) {
        for (const fetched of answered) {
          const lane = lanes.get(toKey({ topic: topicName, partition: fetched.partition }))
          if (lane !== undefined) trouble = (await take(lane, fetched)) ?? trouble
        }
      }
      const isIdle = trouble === undefined && wanted.every(({ position }, index) => position === positions[index])
      // Bytes without records are answered at once, as often as they are asked for: a batch that compaction has emptied.
      if (isIdle) await wait(Math.max(0, waitMs - (performance.now() - askedAtMs)))
    } catch (error) {
      if (isFinal(error)) return fail(error)
      trouble = error instanceof Error ? error.message : String(error)
    } finally {
      for (const lane of wanted) lane.fetching = false
    }
    deliver()
    if (trouble === undefined) problems.delete(nodeId)
    else await recover(nodeId, trouble)
    busy.delete(nodeId)
    fetch()
  }

  /** @returns why nothing came, when it is no partition's own fault */
  async function take(lane: Lane, fetched: FetchedPartition): Promise<string | undefined> {
    const error = errorNameOf(fetched.errorCode)
    if (error === 'OFFSET_OUT_OF_RANGE') return relocate(lane)
    if (error === 'TOPIC_AUTHORIZATION_FAILED') throw new KafkaRefusedError({ kafkaError: error })
    if (error !== undefined) return `${toKey(lane)}: ${error}`
    lane.strayLooks = 0
    const { slices, nextOffset } = toSlices(lane, lane.position, fetched)
    lane.position = nextOffset
    lane.buffer.push(...slices)
    lane.bufferedBytes += slices.reduce((sum, { bytes }) => sum + bytes, 0)
    return undefined
  }
  /**
   * What was to be read is gone, or was never there: a cluster that lost records, which is not for us to skip. But a
   * broker that was frozen takes itself for the leader of what it has not got, until it hears of the others.
   */
  async function relocate(lane: Lane): Promise<string | undefined> {
    const [held] = await readHeld(cluster, [lane])
    const { topic, partition, position } = lane
    if (held !== undefined && held.low > position) {
      events.expired({ topic, partition, from: position, to: held.low })
      lane.position = held.low
      return undefined
    }
    lane.strayLooks += 1
    if (lane.strayLooks >= MAX_LOOKS) throw new KafkaRefusedError({ kafkaError: 'OFFSET_OUT_OF_RANGE' })
    return `${toKey(lane)}: offset ${position} is not there (look ${lane.strayLooks} of ${MAX_LOOKS})`
  }

  /** Leaves it alone for a while, and asks who leads by then. */
  async function recover(nodeId: number | undefined, why: string): Promise<void> {
    problems.set(nodeId, why)
    await wait(RETRY_MS)
    if (!stopped) await cluster.refreshMetadata().catch(() => undefined)
  }
  async function waitForLeaders(lacking: readonly Lane[]): Promise<void> {
    if (lacking.length === 0 || waiting) return
    waiting = true
    await recover(undefined, `no leader is known of ${lacking.map(toKey).join(', ')}`)
    waiting = false
    fetch()
  }

  return {
    start(positions) {
      if (stopped) return
      for (const { topic, partition, offset } of positions) {
        const at = { topic, partition }
        const paused = !resumed.has(toKey(at))
        lanes.set(toKey(at), {
          ...at,
          position: offset,
          paused,
          fetching: false,
          strayLooks: 0,
          buffer: [],
          bufferedBytes: 0,
        })
      }
      fetch()
    },
    pause(paused) {
      for (const key of paused.map(toKey)) {
        resumed.delete(key)
        const lane = lanes.get(key)
        if (lane !== undefined) lane.paused = true
      }
    },
    resume(going) {
      for (const key of going.map(toKey)) {
        if (!known.has(key)) continue
        resumed.add(key)
        const lane = lanes.get(key)
        if (lane !== undefined) lane.paused = false
      }
      deliver()
    },
    problem: () => problems.values().next().value,
    stop() {
      stopped = true
    },
  }
}

function isReady(lane: Lane): boolean {
  return !lane.paused && lane.buffer.length > 0
}
