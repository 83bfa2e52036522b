import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LocalStack, renderProgress, startStack } from '@murmuration/local'
import type { TestProject } from 'vitest/node'
import './provided.d.ts'

const home = fileURLToPath(new URL('../.murmuration/', import.meta.url))

/**
 * Vitest's global setup of the integration tests: one Kafka, registry and PostgreSQL for all of them, with data of
 * their own. Tests take fresh topics, groups and databases from it. Fails, never skips, when a part can't start.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = renderProgress(process.stderr, { nowMs: Date.now })
  await mkdir(home, { recursive: true })
  const dataDir = await mkdtemp(join(home, 'test-'))
  let stack: LocalStack
  try {
    stack = await startStack({
      home,
      dataDir,
      logDir: join(dataDir, 'logs'),
      external: {
        kafkaBrokers: process.env.KAFKA_BROKERS,
        registryUrl: process.env.SCHEMA_REGISTRY_URL,
        databaseUrl: process.env.DATABASE_URL,
      },
      env: process.env,
      onProgress: (report) => (report.kind === 'download' ? progress.onProgress(report) : undefined),
    })
  } finally {
    progress.done()
  }
  project.provide('kafkaBrokers', stack.kafka.brokers)
  project.provide('registryUrl', stack.registry.url)
  project.provide('databaseUrl', stack.database.url)
  return async () => {
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
