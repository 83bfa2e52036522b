import { registryClientSettings, sharedSettings } from '@murmuration/config'

/** Settings of example-consumer, besides those that every service has. */
export const settings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registryClientSettings,
} as const
