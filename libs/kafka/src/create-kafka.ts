import type { Logger } from '@murmuration/observability'
import { type ISocketFactory, Kafka, logLevel, type RetryOptions } from 'kafkajs'

/** How to reach the cluster. */
export interface KafkaConnection {
  /** host:port each. */
  readonly brokers: readonly string[]
  /** Stable per replica, unique in its group. */
  readonly clientId: string
  readonly logger: Logger
}

/** What a part of this package may want otherwise than the rest. */
export interface KafkaTuning {
  /** A request without an answer by then has failed, ms. */
  readonly requestTimeoutMs?: number
  readonly retry?: RetryOptions
  readonly socketFactory?: ISocketFactory
  /** How many of the brokers to go past: each client asks the first one in its list first, which may be the one that hangs. */
  readonly startAt?: number
}

// Short and capped: after an outage everything is back within a second of the broker's return.
const RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8, multiplier: 2, factor: 0.2 }

/**
 * Creates the client that every part of this package builds on, each default stated with its reason.
 */
export function createKafka(connection: KafkaConnection, tuning: KafkaTuning = {}): Kafka {
  const logger = connection.logger.child({ component: 'kafkajs' })
  return new Kafka({
    brokers: rotate(connection.brokers, tuning.startAt ?? 0),
    clientId: connection.clientId,
    // A broker on the same network answers in milliseconds; a black hole must not cost a webhook its deadline.
    connectionTimeout: 1_000,
    authenticationTimeout: 5_000,
    requestTimeout: tuning.requestTimeoutMs ?? 10_000,
    retry: tuning.retry ?? RETRY,
    logLevel: logLevel.WARN,
    // The client says the same outage many times over; our own lines and metrics say it once. Its lines are for debug.
    logCreator: () => (entry) => logger.debug(entry.log.message, { kafkajs: entry.namespace }),
    ...(tuning.socketFactory === undefined ? {} : { socketFactory: tuning.socketFactory }),
  })
}

/** Pure. */
function rotate(brokers: readonly string[], by: number): string[] {
  const at = by % Math.max(1, brokers.length)
  return [...brokers.slice(at), ...brokers.slice(0, at)]
}
