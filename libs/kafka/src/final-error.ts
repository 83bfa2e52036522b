import { classifyKafkaError, GroupMemberReplacedError, KafkaUnavailableError, kafkaErrorOf } from './kafka-errors.ts'

/** Answers with which no later try of a group member goes better. A topic that is unknown may only be new to a broker. */
const FINAL = new Set([
  'FENCED_INSTANCE_ID',
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INVALID_REQUEST',
])

/**
 * Whether an error ends a membership for good. What the client and the cluster say passes, but for a few; an error of
 * our own, or a compression that the client can't read, is a defect. Pure.
 */
export function isFinal(error: unknown): boolean {
  if (error instanceof KafkaUnavailableError) return false
  if (!isForeign(error) || error.name === 'KafkaJSNotImplemented') return true
  const name = kafkaErrorOf(error)
  return name !== undefined && FINAL.has(name)
}

/** What the service is told of a final error. Pure. */
export function toFinalError(error: unknown, { clientId }: { readonly clientId: string }): Error {
  if (kafkaErrorOf(error) === 'FENCED_INSTANCE_ID') return new GroupMemberReplacedError({ clientId }, { cause: error })
  if (isForeign(error)) return classifyKafkaError(error)
  return error instanceof Error ? error : new TypeError(String(error))
}

/** What kafkajs throws, by a plain error, when it is asked for a broker to which it has a socket and nothing more yet. */
const NOT_CONNECTED = 'Broker not connected'

function isForeign(error: unknown): error is Error {
  return error instanceof Error && (error.name.startsWith('KafkaJS') || error.message === NOT_CONNECTED)
}
