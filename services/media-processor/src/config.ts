import { type ConfigOf, integer, list, registryClientSettings, secret, sharedSettings, text } from '@murmuration/config'

const MIB = 1_024 * 1_024
const HOST = /^[a-z0-9.-]+(:\d{1,5})?$/i
const HOST_AND_PORT = /^([a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i

function hosts(pattern: RegExp, problem: string) {
  return list().refine((names) => names.every((name) => pattern.test(name)), problem)
}

/** Every setting of media-processor. */
export const settings = {
  KAFKA_BROKERS: sharedSettings.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: sharedSettings.KAFKA_TOPIC_PREFIX,
  ...registryClientSettings,
  CLIENT_ID: sharedSettings.CLIENT_ID,
  ADMIN_HOST: sharedSettings.ADMIN_HOST,
  ADMIN_PORT: sharedSettings.ADMIN_PORT,
  LOG_LEVEL: sharedSettings.LOG_LEVEL,
  SHUTDOWN_DEADLINE_MS: sharedSettings.SHUTDOWN_DEADLINE_MS,
  BIRD_ACCESS_KEY: {
    doc: 'AccessKey that may read the media of the workspaces whose messages arrive.',
    schema: secret(),
    example: 'your-access-key',
  },
  MEDIA_ALLOWED_HOSTS: {
    doc: 'Hosts that a message may point to, host or host:port, https only. The AccessKey is sent to these and no others.',
    schema: hosts(HOST, 'holds something else than host or host:port').default([
      'media.api.bird.com',
      'media.nest.messagebird.com',
    ]),
  },
  MEDIA_PRIVATE_HOSTS: {
    doc: 'host:port that may be plain http and have a private address, as media host (gets the AccessKey) or as storage; for tests and proxies.',
    schema: hosts(HOST_AND_PORT, 'holds something else than host:port').default([]),
  },
  MEDIA_DIR: {
    doc: 'Directory of the object store. All replicas share it, or each has its own and the readers know all of them.',
    schema: text(),
    example: './data/media',
  },
  MEDIA_MAX_BYTES: {
    doc: "Largest file that is stored, bytes; a larger one ends as media.unavailable. Default 128 MiB: WhatsApp's document limit of 100 MB, and room.",
    schema: integer({ min: 1, max: 10 * 1_024 * MIB }).default(128 * MIB),
  },
  MEDIA_TIMEOUT_MS: {
    doc: 'Longest time for one file from the first request to the stored object, milliseconds; then it is retried.',
    schema: integer({ min: 100, max: 60 * 60_000 }).default(5 * 60_000),
  },
} as const

export type MediaProcessorConfig = ConfigOf<typeof settings>
