import type { Logger } from '@murmuration/observability'
import { Kafka, logLevel } from 'kafkajs'

/** How to reach the cluster. */
export interface KafkaConnection {
  /** host:port each. */
  readonly brokers: readonly string[]
  /** Stable per replica, unique in its group. */
  readonly clientId: string
  readonly logger: Logger
}

/**
 * Creates the client that every part of this package builds on, each default stated with its reason.
 */
export function createKafka(connection: KafkaConnection): Kafka {
  const logger = connection.logger.child({ component: 'kafkajs' })
  return new Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    // A broker on the same network answers in milliseconds; a black hole must not cost a webhook its deadline.
    connectionTimeout: 1_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    // Short and capped: after an outage everything is back within a second of the broker's return.
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8, multiplier: 2, factor: 0.2 },
    logLevel: logLevel.WARN,
    // The client says the same outage many times over; our own lines and metrics say it once. Its lines are for debug.
    logCreator: () => (entry) => logger.debug(entry.log.message, { kafkajs: entry.namespace }),
  })
}
