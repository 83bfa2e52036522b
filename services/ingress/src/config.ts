import { integer, registryClientSettings, secret, sharedSettings, text } from '@murmuration/config'
import { z } from 'zod'

/**
 * Flags of Node that the ingress should be started with.
 *
 * Left to itself Node's young generation grows with the load and never shrinks. With halves of 32 MB what a webhook
 * allocates is garbage before it is looked at twice, at 512 connections too; with 8 MB it is not, and the old generation
 * grows by it.
 *
 * V8 starts to collect the old generation when less than such a half is left below its limit: every few seconds under load. Its
 * helper threads and its pause then make webhooks wait for 20 to 70 ms. With a limit of two and a half times what is live
 * it collects more rarely (docs/ingress-speed.md).
 */
export const nodeFlags = ['--max-semi-space-size=32', '--heap-growing-percent=150'] as const

/** Largest body that may be asked for: with what is around it, it must fit into a record of its topic (4 MiB). */
export const maxBodyBytes = 3 * 1_048_576

/** Settings of the ingress, besides those that every service has. */
export const settings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registryClientSettings,
  INGRESS_HOST: {
    doc: 'Address of the public port.',
    schema: z.string().default('0.0.0.0'),
  },
  INGRESS_PORT: {
    doc: 'Public port, where Bird posts.',
    schema: integer({ min: 0, max: 65_535 }).default(8080),
  },
  SOURCES_FILE: {
    doc: 'YAML file with the webhook sources: path, public URL, workspace, scheme, signing keys.',
    schema: text(),
    example: './sources.yaml',
  },
  CONTACT_KEY_SECRET: {
    doc: 'Secret of the record keys of contacts that Bird names by an identifier only. Never change it: keys would move.',
    schema: secret().refine((value) => value.reveal().length >= 16, 'is shorter than 16 characters'),
    example: 'at-least-16-random-characters',
  },
  MAX_BODY_BYTES: {
    doc: 'Largest webhook that is read, bytes; larger ones are answered 413.',
    schema: integer({ min: 1_024, max: maxBodyBytes }).default(1_048_576),
  },
  MAX_CONNECTIONS: {
    doc: 'Connections to the public port that may be open at once; more are closed at once.',
    schema: integer({ min: 1, max: 1_000_000 }).default(10_000),
  },
  EVENT_LOOP_LIMIT_MS: {
    doc: 'How late the event loop may be, or how long a webhook may wait for its turn, before new requests are answered 503 without being read, milliseconds.',
    schema: integer({ min: 10, max: 60_000 }).default(500),
  },
  PUBLISH_DEADLINE_MS: {
    doc: 'Longest time from when a webhook has come whole, its wait for a turn included, until Bird is answered 503 since Kafka has not acknowledged, milliseconds. Bird sends again later.',
    schema: integer({ min: 100, max: 1_900 }).default(1_800),
  },
  MAX_QUEUED_RECORDS: {
    doc: 'Records that may wait while Kafka is slow; beyond it Bird is answered 503 at once.',
    schema: integer({ min: 100, max: 1_000_000 }).default(20_000),
  },
  MAX_QUEUED_BYTES: {
    doc: 'Bytes that may wait while Kafka is slow; beyond it Bird is answered 503 at once.',
    schema: integer({ min: 1_048_576, max: 1_073_741_824 }).default(33_554_432),
  },
  DUPLICATE_WINDOW_EVENTS: {
    doc: 'Event ids that are remembered to drop redeliveries. Best effort: per replica, lost at a restart.',
    schema: integer({ min: 0, max: 10_000_000 }).default(1_000_000),
  },
} as const
