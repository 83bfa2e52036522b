import type { KafkaRecord, PartitionSource, Publisher, TopicNames } from '@murmuration/kafka'
import type { Logger, Metrics } from '@murmuration/observability'
import type { Clock } from './clock.ts'
import type { HandleEvent, HandleResult, HandlerContext } from './handler.ts'
import type { OutcomeLog } from './outcome-log.ts'
import type { RetryPlan } from './retry-plan.ts'

/** What one consumer group is made of. */
export interface Consumer<E extends object> {
  /** Group as the catalog names it, e.g. crm-sync.postgres. */
  readonly groupId: string
  /** Service and version, for the headers of what it sets aside. */
  readonly handler: string
  /** Turns the record's value into an event. @throws {PipelineError} with disposition wait or quarantine */
  readonly decode: (record: KafkaRecord) => Promise<E>
  readonly handleEvent: HandleEvent<E>
  /** Takes records that nobody can decode instead of quarantine; the audit trail records them. */
  readonly handleUndecodable?: (record: KafkaRecord, context: HandlerContext) => Promise<HandleResult>
  readonly plan: RetryPlan
}

/** What the consumer loop works with. */
export interface ConsumerDeps<E extends object> {
  readonly consumer: Consumer<E>
  readonly source: PartitionSource
  readonly publisher: Publisher
  readonly outcomes: OutcomeLog
  readonly names: TopicNames
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}
