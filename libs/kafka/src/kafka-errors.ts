import { PipelineError } from '@murmuration/errors'

/** Thrown when Kafka did not acknowledge in time or can't be reached; nothing is known of a request under way. */
export class KafkaUnavailableError extends PipelineError {
  readonly code = 'MUR_KAFKA_UNAVAILABLE'
  readonly disposition = 'wait'

  constructor(what: string, options?: ErrorOptions) {
    super(`Kafka is not available: ${what}`, options)
  }
}

/**
 * Thrown when a record is for a partition that its topic does not have, as far as the cluster says. Nothing was sent. Told
 * as an outage: a topic that has grown has it soon, and otherwise somebody must act before the record may be let go.
 */
export class PartitionUnknownError extends KafkaUnavailableError {
  readonly topic: string
  readonly partition: number

  constructor(details: { readonly topic: string; readonly partition: number }) {
    super(`${details.topic} has no partition ${details.partition}`)
    this.topic = details.topic
    this.partition = details.partition
  }
}

/** Thrown when Kafka is slower than what comes in: more would only wait. Nothing was sent. */
export class KafkaOverloadedError extends PipelineError {
  readonly code = 'MUR_KAFKA_OVERLOADED'
  readonly disposition = 'wait'

  constructor() {
    super('Kafka is slower than what comes in; the queue is full')
  }
}

/** Thrown when Kafka answers and refuses for good; repeating the same request does not help. */
export class KafkaRefusedError extends PipelineError {
  readonly code = 'MUR_KAFKA_REFUSED'
  readonly disposition = 'stop'
  /** Kafka's own name of the error, e.g. MESSAGE_TOO_LARGE. */
  readonly kafkaError: string

  constructor(details: { kafkaError: string }, options?: ErrorOptions) {
    super(`Kafka refuses: ${details.kafkaError}`, options)
    this.kafkaError = details.kafkaError
  }
}

/**
 * Thrown when another process has joined the group under this one's client id: it has taken over this one's place, and
 * joining again would take it back, and so on.
 */
export class GroupMemberReplacedError extends PipelineError {
  readonly code = 'MUR_GROUP_MEMBER_REPLACED'
  readonly disposition = 'stop'

  constructor(details: { readonly clientId: string }, options?: ErrorOptions) {
    super(`another process has joined the group as ${details.clientId}; client ids are unique in a group`, options)
  }
}

/** Thrown when a process starts under the client id of one that is in the group and lives. Nothing was taken from it. */
export class GroupPlaceTakenError extends PipelineError {
  readonly code = 'MUR_GROUP_PLACE_TAKEN'
  readonly disposition = 'stop'

  constructor(details: { readonly clientId: string; readonly holder: string }) {
    const { clientId, holder } = details
    super(`${holder} works as ${clientId}; give each replica a CLIENT_ID of its own, or end that process first`)
  }
}

/** Thrown when a topic is missing, or is not as the catalog has it after it was changed. */
export class TopicMismatchError extends PipelineError {
  readonly code = 'MUR_TOPIC_MISMATCH'
  readonly disposition = 'stop'

  constructor(problems: readonly string[]) {
    super(`topics differ from the catalog: ${problems.join('; ')}; run \`murmur topics apply\``)
  }
}

/**
 * Thrown when the topics can't be changed as they should be without breaking something; nothing has been changed.
 * `losses` need somebody's consent, `refusals` another way.
 */
export class TopologyRefusedError extends PipelineError {
  readonly code = 'MUR_TOPOLOGY_REFUSED'
  readonly disposition = 'stop'
  readonly refusals: readonly string[]
  readonly losses: readonly string[]

  constructor(details: { readonly refusals: readonly string[]; readonly losses: readonly string[] }) {
    const { refusals, losses } = details
    const lines = [...refusals, ...losses.map((loss) => `${loss}; only with --allow-data-loss`)]
    super(`nothing was changed:\n${lines.map((line) => `  - ${line}`).join('\n')}`)
    this.refusals = refusals
    this.losses = losses
  }
}

/** Errors that stay when the same request is sent again. Everything else passes with time. */
const LASTING = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'INVALID_CONFIG',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'POLICY_VIOLATION',
])

/** Wraps an error of the Kafka client where it enters. Pure. */
export function classifyKafkaError(error: unknown): KafkaUnavailableError | KafkaRefusedError {
  if (error instanceof KafkaUnavailableError || error instanceof KafkaRefusedError) return error
  const kafkaError = kafkaErrorOf(error)
  if (kafkaError !== undefined && LASTING.has(kafkaError))
    return new KafkaRefusedError({ kafkaError }, { cause: error })
  return new KafkaUnavailableError(error instanceof Error ? error.message : String(error), { cause: error })
}

/** Tells as an outage what may pass though Kafka says no at present. Pure. */
export function toOutage(error: Error): KafkaUnavailableError {
  return error instanceof KafkaUnavailableError ? error : new KafkaUnavailableError(error.message, { cause: error })
}

/** Kafka's own name of an error, wherever the client wrapped it; undefined when Kafka did not answer. Pure. */
export function kafkaErrorOf(error: unknown): string | undefined {
  for (let current: unknown = error; current instanceof Error; current = innerError(current)) {
    if (current.name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED'
    if ('type' in current && typeof current.type === 'string') return current.type
  }
  return undefined
}

function innerError(error: Error): unknown {
  if (error.cause !== undefined) return error.cause
  if ('originalError' in error) return error.originalError
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined
}
