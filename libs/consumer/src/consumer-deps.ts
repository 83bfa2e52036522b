import type { KafkaRecord, PartitionSource, Publisher, TopicNames } from '@murmuration/kafka'
import type { Logger, Metrics } from '@murmuration/observability'
import type { Clock } from './clock.ts'
import type { HandleEvent, HandleFold, HandleResult, HandlerContext } from './handler.ts'
import type { OutcomeLog } from './outcome-log.ts'
import type { PartitionLimits } from './partition/admission.ts'
import type { Order } from './partition/partition-state.ts'
import type { RetryPlan } from './retry-plan.ts'

/** What one consumer group is made of. */
export interface Consumer<E extends object> {
  /** Group as the catalog names it, e.g. crm-sync.postgres. */
  readonly groupId: string
  /** Topics that it reads, as the catalog names them. Each may have a retry topic. */
  readonly topics: readonly string[]
  /** Service and version, for the headers of what it sets aside. */
  readonly handler: string
  /**
   * Turns a value of a topic (as the catalog names it) into an event, or undefined where `decode` must be asked.
   *
   * @throws {PipelineError} with disposition wait or quarantine
   */
  readonly decodeNow: (topic: string, value: Buffer | null) => E | undefined
  /** @throws {PipelineError} with disposition wait or quarantine */
  readonly decode: (topic: string, value: Buffer | null) => Promise<E>
  readonly handleEvent: HandleEvent<E>
  /** Handles several queued records of one key in one call. */
  readonly fold?: { readonly max: number; readonly handle: HandleFold<E> }
  /** Takes records that nobody can decode instead of quarantine; the audit trail records them. */
  readonly handleUndecodable?: (record: KafkaRecord, context: HandlerContext) => Promise<HandleResult>
  readonly plan: RetryPlan
  readonly order: Order
  /** Calls at once; those of one key never overlap. */
  readonly concurrency: number
  /** A call's signal is aborted after this; one that does not end by twice this time stops the consumer, ms. */
  readonly callDeadlineMs: number
  readonly limits: PartitionLimits
}

/** What the consumer works with. */
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
