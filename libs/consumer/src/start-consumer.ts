import type { KafkaLink } from '@murmuration/kafka'
import type { Logger, Metrics } from '@murmuration/observability'
import type { RecordName } from '@murmuration/schemas'
import { systemClock } from './clock.ts'
import type { Consumer } from './consumer-deps.ts'
import { createOutcomeLog } from './outcome-log.ts'
import { type RunningConsumer, runConsumer } from './run-consumer.ts'

/** What a consumer service says of its consumer. */
export interface ConsumerDefinition<E extends object> extends Omit<Consumer<E>, 'decode'> {
  /** Records that it reads. */
  readonly records: readonly RecordName[]
  /** Records in work at once; those of one partition never overlap. */
  readonly concurrency: number
  readonly clientId: string
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Joins the group and runs the consumer on the machine's clock. Waits while Kafka is away. */
export async function startConsumer<E extends object>(
  link: KafkaLink,
  definition: ConsumerDefinition<E>,
): Promise<RunningConsumer & { problem(): string | undefined }> {
  const { groupId, records, concurrency, clientId, logger, metrics } = definition
  const source = await link.openSource({ groupId, records })
  const outcomes = createOutcomeLog({
    groupId,
    member: clientId,
    publisher: link.publisher,
    now: systemClock.now,
  })
  const consumer: Consumer<E> = { ...definition, decode: async (record) => (await link.decode(record)) as E }
  const running = runConsumer(
    { consumer, source, publisher: link.publisher, outcomes, names: link.names, clock: systemClock, logger, metrics },
    { concurrency, commitEveryMs: 200, drainMs: 5_000 },
  )
  return { ...running, problem: () => source.problem() }
}
