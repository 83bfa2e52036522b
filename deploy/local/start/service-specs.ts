import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFlags } from '../../../services/ingress/src/config.ts'
import type { LocalSecrets } from './local-secrets.ts'
import { toRegistryEnv } from './registry-env.ts'

const services = fileURLToPath(new URL('../../../services/', import.meta.url))

/** The source that the sample posts to. */
export const sampleSource = {
  name: 'sample',
  scheme: 'bird-crm',
  path: '/webhooks/bird/sample',
  publicUrl: 'https://hooks.murmuration.example/webhooks/bird/sample',
} as const

/** Where everything that services need listens. */
export interface Surroundings {
  readonly brokers: string
  readonly registryUrl: string
  readonly databaseUrl: string
  /** host:port of the media host's two legs. */
  readonly mediaHosts: readonly string[]
  readonly secrets: LocalSecrets
  readonly dataDir: string
  readonly publicPort: number
  /** The user's own environment, for settings such as LOG_LEVEL. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A service process. */
export interface ServiceSpec {
  /** `ingress`, or the consumer group. */
  readonly name: string
  readonly script: string
  /** Flags of Node. */
  readonly flags?: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The services of the pipeline and their environments, in the order of their start. */
export function toServiceSpecs(around: Surroundings): readonly ServiceSpec[] {
  const shared = {
    KAFKA_BROKERS: around.brokers,
    KAFKA_TOPIC_PREFIX: around.env.KAFKA_TOPIC_PREFIX ?? '',
    ...toRegistryEnv(around.registryUrl, around.env),
    SCHEMA_SNAPSHOT_DIR: emptySnapshotDir(around),
    LOG_LEVEL: around.env.LOG_LEVEL ?? 'info',
  }
  return [
    {
      name: 'audit-log',
      script: join(services, 'audit-log/src/main.ts'),
      env: { ...shared, AUDIT_DIR: join(around.dataDir, 'audit', toClusterName(around.env)) },
    },
    {
      name: 'crm-sync.postgres',
      script: join(services, 'crm-sync/src/main.ts'),
      env: { ...shared, DATABASE_URL: around.databaseUrl },
    },
    {
      name: 'media-processor',
      script: join(services, 'media-processor/src/main.ts'),
      env: {
        ...shared,
        BIRD_ACCESS_KEY: around.secrets.birdAccessKey,
        MEDIA_DIR: join(around.dataDir, 'media'),
        MEDIA_PRIVATE_HOSTS: around.mediaHosts.join(','),
      },
    },
    {
      name: 'ingress',
      script: join(services, 'ingress/src/main.ts'),
      flags: nodeFlags,
      env: {
        ...shared,
        INGRESS_HOST: '127.0.0.1',
        INGRESS_PORT: String(around.publicPort),
        SOURCES_FILE: writeSources(around),
        CONTACT_KEY_SECRET: around.secrets.contactKeySecret,
      },
    },
  ]
}

/** Offsets mean something within one cluster and prefix only, so each has an audit trail of its own. */
function toClusterName(env: Surroundings['env']): string {
  return `${env.KAFKA_BROKERS || 'local'} ${env.KAFKA_TOPIC_PREFIX ?? ''}`.trim().replace(/[^\w.-]/g, '_')
}

/** Schemas for the time when the registry is away. Its port is another one at each start, so what was kept is of no use. */
function emptySnapshotDir({ dataDir }: Surroundings): string {
  const dir = join(dataDir, 'schemas')
  rmSync(dir, { recursive: true, force: true })
  return dir
}

function writeSources({ dataDir, secrets }: Surroundings): string {
  const keyFile = join(dataDir, 'signing-key')
  writeFileSync(keyFile, secrets.signingKey, { mode: 0o600 })
  const file = join(dataDir, 'sources.yaml')
  // JSON is YAML.
  const source = { ...sampleSource, workspaceId: secrets.workspaceId, signingKeys: [{ id: 'local', file: keyFile }] }
  writeFileSync(file, JSON.stringify({ sources: [source] }, null, 2), { mode: 0o600 })
  return file
}
