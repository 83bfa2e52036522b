import { integer, sharedSettings } from '@murmuration/config'

export const postgresSettings = {
  DATABASE_URL: sharedSettings.DATABASE_URL,
  DATABASE_MAX_CONNECTIONS: {
    doc: 'Connections to PostgreSQL at most, per replica. Events of different keys are applied side by side.',
    schema: integer({ min: 1, max: 1_000 }).default(10),
  },
} as const
