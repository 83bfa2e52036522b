import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../src/child.ts'
import { toChildEnv } from '../src/on-path.ts'
import { toRegistryEnv } from './registry-env.ts'

const murmur = fileURLToPath(new URL('../../../services/operator/src/murmur.ts', import.meta.url))

/** What the deploy steps work on. */
export interface DeployOptions {
  readonly brokers: string
  readonly registryUrl: string
  readonly databaseUrl: string
  readonly logDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/**
 * The deploy steps, by the same commands as anywhere else, side by side: migrate the database, apply the topics, push
 * the schemas.
 *
 * @throws {LocalError} one of them failed; carries what it said
 */
export async function runDeploySteps(options: DeployOptions): Promise<void> {
  const { env } = options
  const steps: readonly { args: readonly string[]; env: Readonly<Record<string, string>> }[] = [
    { args: ['db', 'migrate'], env: { DATABASE_URL: options.databaseUrl } },
    {
      args: ['topics', 'apply'],
      env: {
        KAFKA_BROKERS: options.brokers,
        KAFKA_TOPIC_PREFIX: env.KAFKA_TOPIC_PREFIX ?? '',
        // One broker; a cluster that was named in KAFKA_BROKERS says its own numbers in these variables.
        TOPIC_REPLICATION_FACTOR: env.TOPIC_REPLICATION_FACTOR ?? '1',
        TOPIC_MIN_INSYNC_REPLICAS: env.TOPIC_MIN_INSYNC_REPLICAS ?? '1',
      },
    },
    {
      args: ['schemas', 'push'],
      env: { ...toRegistryEnv(options.registryUrl, env), KAFKA_TOPIC_PREFIX: env.KAFKA_TOPIC_PREFIX ?? '' },
    },
  ]
  await Promise.all(
    steps.map((step) =>
      runChild({
        name: `murmur ${step.args.join(' ')}`,
        command: process.execPath,
        args: [murmur, ...step.args],
        env: { ...toChildEnv(env), ...step.env },
        logFile: join(options.logDir, `murmur-${step.args.join('-')}.log`),
        signal: options.signal,
      }),
    ),
  )
}
