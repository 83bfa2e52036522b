import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { applyTopology, createKafka } from '@murmuration/kafka'
import { runChild } from '@murmuration/local'
import { silentLogger } from '@murmuration/observability'
import { catalog } from '@murmuration/schemas'
import { type Arena, toPeerTopic, toProgramEnv } from './contestant.ts'

const murmur = fileURLToPath(new URL('../../services/operator/src/murmur.ts', import.meta.url))

/** The product's topics and schemas by its own commands; the peers' topics with as many partitions. */
export async function prepareTopics(arena: Arena): Promise<void> {
  const run = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> =>
    runChild({
      name: `murmur ${args.join(' ')}`,
      command: process.execPath,
      args: [murmur, ...args],
      env: { ...toProgramEnv(arena.env), ...env },
      logFile: join(arena.dir, 'murmur.log'),
    })
  await run(['topics', 'apply'], {
    KAFKA_BROKERS: arena.brokers,
    TOPIC_REPLICATION_FACTOR: '1',
    TOPIC_MIN_INSYNC_REPLICAS: '1',
  })
  await run(['schemas', 'push'], { SCHEMA_REGISTRY_URL: arena.registryUrl })
  const { partitions } = catalog.message
  const peers = (['redpanda-connect', 'redpanda-connect-linger-0'] as const).map((name) => ({
    topic: toPeerTopic(name),
    partitions,
    replicationFactor: 1,
    config: {},
  }))
  await applyTopology(createBenchKafka(arena), peers)
}

/** The client that creates and reads topics. */
export function createBenchKafka(arena: Arena): ReturnType<typeof createKafka> {
  return createKafka({ brokers: arena.brokers.split(','), clientId: 'bench', logger: silentLogger })
}
