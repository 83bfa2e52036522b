import { registryClientSettings, sharedSettings, text } from '@murmuration/config'

/** Settings of audit-log, besides those that every service has. */
export const settings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registryClientSettings,
  AUDIT_DIR: {
    doc: 'Directory of the audit trail; on a disk that is backed up.',
    schema: text(),
    example: '/var/lib/murmuration/audit',
  },
} as const
