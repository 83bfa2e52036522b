import { z } from 'zod'
import { integer, list, secret } from './read-config.ts'

/** Settings that more than one service reads, defined once. */
export const sharedSettings = {
  KAFKA_BROKERS: {
    doc: 'Kafka bootstrap servers, host:port,host:port.',
    schema: list().refine((brokers) => brokers.length > 0, 'names no broker'),
    example: '127.0.0.1:9092',
  },
  KAFKA_TOPIC_PREFIX: {
    doc: 'Prefix of every topic and group name, for clusters that are shared. Empty: none.',
    schema: z.string().default(''),
  },
  DATABASE_URL: {
    doc: 'PostgreSQL, postgres://user:password@host:port/database.',
    schema: secret(),
    example: 'postgres://murmur:secret@127.0.0.1:5432/murmur',
  },
  CLIENT_ID: {
    doc: 'Name of this replica, stable over restarts and unique in its group. Empty: <service>-0.',
    schema: z.string().default(''),
  },
  ADMIN_HOST: {
    doc: 'Address of the admin port (/metrics, /health/live, /health/ready). Loopback unless a scraper must reach it.',
    schema: z.string().default('127.0.0.1'),
  },
  ADMIN_PORT: {
    doc: 'Admin port; 0 picks a free one.',
    schema: integer({ min: 0, max: 65_535 }).default(0),
  },
  LOG_LEVEL: {
    doc: 'fatal, error, warn, info, debug or trace.',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  },
  SHUTDOWN_DEADLINE_MS: {
    doc: 'Longest time from SIGTERM to exit, milliseconds.',
    schema: integer({ min: 100, max: 600_000 }).default(15_000),
  },
} as const
