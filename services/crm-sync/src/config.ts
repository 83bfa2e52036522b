import type { ConfigOf } from '@murmuration/config'
import { registryClientSettings, sharedSettings } from '@murmuration/config'
import { z } from 'zod'
import { adapterNames, adapterSettings } from './adapters/registry.ts'

/** Every setting of crm-sync, those of its adapters included. */
export const settings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registryClientSettings,
  CLIENT_ID: sharedSettings.CLIENT_ID,
  ADMIN_HOST: sharedSettings.ADMIN_HOST,
  ADMIN_PORT: sharedSettings.ADMIN_PORT,
  LOG_LEVEL: sharedSettings.LOG_LEVEL,
  SHUTDOWN_DEADLINE_MS: sharedSettings.SHUTDOWN_DEADLINE_MS,
  CRM_INSTANCE: {
    doc: 'Name of this sink. Its consumer group is crm-sync.<name>; every sink has a group, retries and a DLQ of its own.',
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'is not 1 to 40 of a-z, 0-9 and -')
      .default('postgres'),
  },
  CRM_ADAPTER: {
    doc: `Where contacts and messages go: ${adapterNames.join(', ')}.`,
    schema: z.enum(adapterNames).default('postgres'),
  },
  ...adapterSettings,
} as const

export type CrmSyncConfig = ConfigOf<typeof settings>

/** Consumer group of this sink, without the topic prefix. */
export function toGroupId({ CRM_INSTANCE }: Pick<CrmSyncConfig, 'CRM_INSTANCE'>): string {
  return `crm-sync.${CRM_INSTANCE}`
}
