import { errorLogFields } from '@murmuration/errors'
import type { ConsumerDeps } from './consumer-deps.ts'
import type { Holding } from './holding.ts'
import type { PartitionReluctance, PartitionRunner } from './partition-runner.ts'

/** Lag of one topic, by what its records wait for. */
interface Lag {
  /** Not delivered yet, or delivered and waiting for a call. */
  fresh: number
  /** Parked, and the next to be tried at its due time. */
  delayed: number
  /** Parked behind another record of its key. */
  parked: number
  keysParked: number
  /** Epoch ms of the oldest record that is neither settled nor parked, and of the oldest one at all. */
  oldestFreshMs: number
  oldestMs: number
}

const REASONS: readonly PartitionReluctance[] = [
  'rebuilding',
  'draining',
  'unsettled',
  'parked',
  'bytes',
  'metadata',
  'uncommitted',
]

/** Asks where the topics end that are held back: what comes with the batches stands still as long as none comes. */
export async function askHighWatermarks<E extends object>(
  { runners, abort }: Holding,
  { source, logger }: ConsumerDeps<E>,
): Promise<void> {
  const silent = runners.filter((runner) => runner.reluctance() !== undefined)
  if (silent.length === 0 || abort.signal.aborted) return
  try {
    const bounds = await source.bounds(silent.map(({ main }) => main))
    for (const { topic, partition, high } of bounds) {
      silent.find(({ main }) => main.topic === topic && main.partition === partition)?.sawHigh(high)
    }
  } catch (error) {
    logger.warn('the ends of topics could not be asked for; lag may be more than it says', errorLogFields(error))
  }
}

/**
 * Sets the gauges of lag, in records and seconds. What is fresh waits while a dependency is down.
 *
 * @param holding undefined: nothing is assigned, so all of them are 0, and the next owner's count
 */
export function measureLag<E extends object>(
  holding: Holding | undefined,
  { waiting }: { readonly waiting: boolean },
  { consumer, names, clock, metrics }: ConsumerDeps<E>,
): void {
  const nowMs = clock.now()
  const runners = holding?.runners ?? []
  const none = { fresh: 0, delayed: 0, parked: 0, keysParked: 0, oldestFreshMs: nowMs, oldestMs: nowMs }
  // Topics of which nothing is held count too, or a member that gave them away would show its last numbers for ever.
  const byTopic = new Map<string, Lag>(consumer.topics.map((topic) => [topic, { ...none }]))
  for (const runner of runners) {
    const topic = names.unprefixed(runner.main.topic)
    addRunner(byTopic.get(topic) as Lag, runner)
  }
  const group = consumer.groupId
  for (const reason of REASONS) {
    const partitions = runners.filter((runner) => runner.reluctance() === reason).length
    metrics.set('murmuration_consumer_held_back_partitions', { group, reason }, partitions)
  }
  const leftOut = { group, reason: 'no-retry-partition' }
  metrics.set('murmuration_consumer_held_back_partitions', leftOut, holding?.leftOut.length ?? 0)
  const monotonicMs = clock.monotonicMs()
  const stalledMs = monotonicMs - (holding?.writesFailSinceMs() ?? monotonicMs)
  metrics.set('murmuration_consumer_set_aside_stalled_seconds', { group }, stalledMs / 1_000)
  for (const [topic, lag] of byTopic) {
    const { delayed, parked } = lag
    const records = { fresh: waiting ? 0 : lag.fresh, waiting: waiting ? lag.fresh : 0, delayed, parked }
    for (const [kind, count] of Object.entries(records)) {
      metrics.set('murmuration_consumer_lag_records', { group, topic, kind }, count)
    }
    const seconds = (sinceMs: number) => Math.max(0, nowMs - sinceMs) / 1_000
    metrics.set('murmuration_consumer_lag_seconds', { group, topic, kind: 'fresh' }, seconds(lag.oldestFreshMs))
    metrics.set('murmuration_consumer_lag_seconds', { group, topic, kind: 'all' }, seconds(lag.oldestMs))
    metrics.set('murmuration_consumer_parked_keys', { group, topic }, lag.keysParked)
  }
}

function addRunner(lag: Lag, runner: PartitionRunner): void {
  const { state } = runner
  lag.fresh += runner.waiting()
  lag.oldestFreshMs = Math.min(lag.oldestFreshMs, runner.oldestWaitingMs() ?? lag.oldestFreshMs)
  for (const key of state.keys.values()) {
    lag.fresh += key.main.length
    const first = key.main[0]
    if (first !== undefined) lag.oldestFreshMs = Math.min(lag.oldestFreshMs, first.payload.record.timestampMs)
    const head = key.retry[0]
    if (head === undefined) continue
    lag.keysParked += 1
    lag.delayed += 1
    lag.parked += key.retry.length - 1
    // The retry topic keeps no time of the first writing; the first failure comes close to it.
    lag.oldestMs = Math.min(lag.oldestMs, head.firstFailedAtMs ?? lag.oldestMs)
  }
  lag.oldestMs = Math.min(lag.oldestMs, lag.oldestFreshMs)
}
