import { type KafkaLink, untilAvailable } from '@murmuration/kafka'
import type { Logger, Metrics } from '@murmuration/observability'
import { catalog, entryOfGroup, type RecordName } from '@murmuration/schemas'
import { systemClock } from './clock.ts'
import type { Consumer } from './consumer-deps.ts'
import { createOutcomeLog } from './outcome-log.ts'
import { defaultLimits } from './partition/admission.ts'
import { type RunningConsumer, runGroup } from './run-group.ts'

/** What a consumer service says of its consumer; the rest has defaults, and the order of calls is the catalog's. */
export interface ConsumerDefinition<E extends object>
  extends Pick<Consumer<E>, 'groupId' | 'handler' | 'handleEvent' | 'fold' | 'handleUndecodable' | 'plan'>,
    Partial<Pick<Consumer<E>, 'callDeadlineMs' | 'limits'>> {
  /** Records that it reads. */
  readonly records: readonly RecordName[]
  /** Calls at once; those of one key never overlap. */
  readonly concurrency: number
  readonly clientId: string
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Between two commits, ms. */
const COMMIT_EVERY_MS = 200
/** Longest wait for calls under way when partitions are given up, ms; below the session time-out. */
const DRAIN_MS = 5_000
/** Longest call, ms, where the service does not say otherwise. */
const CALL_DEADLINE_MS = 30_000

/** Joins the group and runs the consumer on the machine's clock. Waits while Kafka is away. */
export async function startConsumer<E extends object>(
  link: KafkaLink,
  definition: ConsumerDefinition<E>,
): Promise<RunningConsumer> {
  const { groupId, records, clientId, logger, metrics } = definition
  const outcomes = createOutcomeLog({
    groupId,
    member: clientId,
    publisher: link.publisher,
    now: systemClock.now,
  })
  const consumer: Consumer<E> = {
    order: entryOfGroup(groupId)?.order ?? 'key',
    callDeadlineMs: CALL_DEADLINE_MS,
    limits: defaultLimits,
    ...definition,
    topics: records.map((record) => catalog[record].topic),
    decode: async (topic, value) => (await link.decode(topic, value)) as E,
    decodeNow: (topic, value) => link.decodeNow(topic, value) as E | undefined,
  }
  const { publisher, names } = link
  // One source for all tries: each would leave its connections behind.
  const source = link.openGroup({ groupId, records, drainMs: DRAIN_MS, retries: consumer.plan.whenSpent !== 'stop' })
  const deps = { consumer, source, publisher, outcomes, names, clock: systemClock, logger, metrics }
  return untilAvailable(() => runGroup(deps, { commitEveryMs: COMMIT_EVERY_MS }), logger)
}
