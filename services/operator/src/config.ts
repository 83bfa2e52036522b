import { integer, registrySettings, sharedSettings } from '@murmuration/config'

/** Settings of `murmur topics`. */
export const topicSettings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  TOPIC_REPLICATION_FACTOR: {
    doc: 'Copies of each partition. 3 in production; 1 on a single broker.',
    schema: integer({ min: 1, max: 32 }).default(3),
  },
  TOPIC_MIN_INSYNC_REPLICAS: {
    doc: 'Copies that must acknowledge a write. 2 in production; 1 on a single broker.',
    schema: integer({ min: 1, max: 32 }).default(2),
  },
} as const

/** Settings of `murmur schemas`. */
export const schemaSettings = {
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registrySettings,
} as const

/** Settings of `murmur parked` and `murmur letters`. */
export const steeringSettings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registrySettings,
} as const
