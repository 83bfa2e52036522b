import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pushSchemas } from '@murmuration/avro'
import { applyTopology, createKafka, createTopicNames, type TopicSpec, toTopology } from '@murmuration/kafka'
import {
  freePort,
  type KafkaMember,
  type KafkaPart,
  newClusterId,
  type PreparedStack,
  prepareStack,
  runChild,
  startKafka,
  startRegistry,
} from '@murmuration/local'
import { silentLogger } from '@murmuration/observability'
import { type FaultProxy, startFaultProxy } from '@murmuration/testkit'
import { type SmallDisk, startSmallDisk } from './small-disk.ts'

const home = fileURLToPath(new URL('../../.murmuration/', import.meta.url))

/** Of the cluster's own clocks: how long a dead broker counts as alive, ms. Kafka's default is 9 s. */
export const BROKER_SESSION_MS = 3_000

export interface ClusterOptions {
  /** Each is broker and controller: of three, one may be away. */
  readonly nodes: 1 | 3
  /** Puts each broker behind a proxy whose faults can be switched. */
  readonly proxied?: boolean
  /** Puts the records of each broker on a disk of this size. */
  readonly diskMegabytes?: number
}

/** One broker. */
export interface ClusterNode {
  readonly id: number
  readonly part: KafkaPart
  readonly proxy: FaultProxy | undefined
  readonly disk: SmallDisk | undefined
}

/** Kafka and a schema registry for one test file, with data of their own. */
export interface KafkaCluster {
  readonly nodes: readonly ClusterNode[]
  /** For clients; through the proxies, if any. */
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly logDir: string
  readonly kafka: ReturnType<typeof createKafka>
  node(id: number): ClusterNode
  /** Creates the catalog's topics and registers its schemas. */
  createTopics(options: TopicOptions): Promise<void>
  /** Holds all producers to a rate per broker, bytes a second; undefined: to none. */
  setProducerQuota(bytesPerSecond: number | undefined): Promise<void>
  close(): Promise<void>
}

export interface TopicOptions {
  readonly prefix: string
  /** As many copies as there are nodes when not given. */
  readonly replicationFactor?: number
  readonly minInsyncReplicas: number
  /** Changes a topic's settings. */
  readonly adjust?: (spec: TopicSpec) => TopicSpec['config']
}

/** Starts them; everything ends with `close`, and when this process ends in whatever way. */
export async function startKafkaCluster(options: ClusterOptions): Promise<KafkaCluster> {
  await mkdir(home, { recursive: true })
  const dir = await mkdtemp(join(home, 'fault-'))
  const logDir = join(dir, 'logs')
  const cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(dir, { recursive: true, force: true }))
  try {
    const prepared = await prepareStack({
      home,
      dataDir: dir,
      logDir,
      external: { databaseUrl: 'postgresql://127.0.0.1/unused' },
      env: process.env,
      onProgress: () => undefined,
    })
    if (prepared.registry === undefined || prepared.kafka === undefined) throw new TypeError('nothing was prepared')
    const members = await toMembers(options.nodes)
    const startings = [
      startRegistry({ ...prepared.registry, dataDir: join(dir, 'registry'), logDir, env: process.env }).then((part) => {
        cleanup.defer(() => part.close())
        return part
      }),
      ...members.map((member) => startNode(member, { ...options, kafka: prepared.kafka, dir, logDir, cleanup })),
    ] as const
    // All are waited for, so that what has started while another failed is known to the cleanup.
    await Promise.allSettled(startings)
    const [{ url }] = await Promise.all([startings[0]])
    const nodes = (await Promise.all(startings.slice(1))) as readonly ClusterNode[]
    return toCluster({ nodes, registryUrl: url, logDir, cleanup, kafka: prepared.kafka })
  } catch (error) {
    await cleanup.disposeAsync()
    throw error
  }
}

async function toMembers(count: number): Promise<readonly KafkaMember[]> {
  const clusterId = newClusterId()
  const ports: { port: number; controllerPort: number }[] = []
  for (let node = 0; node < count; node += 1) ports.push({ port: await freePort(), controllerPort: await freePort() })
  const voters = ports.map(({ controllerPort }, index) => `${index + 1}@127.0.0.1:${controllerPort}`)
  return ports.map((own, index) => ({ ...own, nodeId: index + 1, voters, clusterId }))
}

interface NodeDeps extends ClusterOptions {
  readonly kafka: PreparedStack['kafka']
  readonly dir: string
  readonly logDir: string
  readonly cleanup: AsyncDisposableStack
}

async function startNode(member: KafkaMember, deps: NodeDeps): Promise<ClusterNode> {
  const { cleanup, kafka, nodes } = deps
  if (kafka === undefined) throw new TypeError('Kafka was not prepared')
  const logDir = join(deps.logDir, `kafka-${member.nodeId}`)
  const target = { host: '127.0.0.1', port: member.port }
  const proxy = deps.proxied === true ? await startFaultProxy({ target, port: await freePort() }) : undefined
  if (proxy !== undefined) cleanup.defer(() => proxy.close())
  const megabytes = deps.diskMegabytes
  const disk = megabytes === undefined ? undefined : await startSmallDisk({ megabytes, logDir })
  if (disk !== undefined) cleanup.defer(() => disk.close())
  const part = await startKafka({
    ...kafka,
    member,
    dataDir: join(deps.dir, `kafka-${member.nodeId}`),
    logDir,
    env: process.env,
    heapMegabytes: 256,
    settings: { ...toCopySettings(nodes), 'broker.session.timeout.ms': BROKER_SESSION_MS },
    ...(proxy === undefined ? {} : { advertisedPort: proxy.port }),
    ...(disk === undefined ? {} : { recordsDir: join(disk.path, 'log') }),
  })
  cleanup.defer(async () => {
    // In order, the last of several would wait in vain for a quorum; its data is thrown away anyhow.
    await part.kill()
    await part.close()
  })
  return { id: member.nodeId, part, proxy, disk }
}

/** Kafka's own topics have as many copies as there are nodes, so that none of them is missed. */
function toCopySettings(nodes: number): Readonly<Record<string, number>> {
  const inSync = Math.max(1, nodes - 1)
  return {
    'default.replication.factor': nodes,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': nodes,
    'transaction.state.log.replication.factor': nodes,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': nodes,
    'share.coordinator.state.topic.min.isr': inSync,
  }
}

function toCluster(parts: {
  readonly nodes: readonly ClusterNode[]
  readonly registryUrl: string
  readonly logDir: string
  readonly cleanup: AsyncDisposableStack
  readonly kafka: PreparedStack['kafka']
}): KafkaCluster {
  const { nodes, registryUrl, logDir } = parts
  const brokers = nodes.map(({ part }) => part.brokers)
  const kafka = createKafka({ brokers, clientId: 'fault-test', logger: silentLogger })
  return {
    nodes,
    brokers,
    registryUrl,
    logDir,
    kafka,
    node: (id) => {
      const found = nodes.find((node) => node.id === id)
      if (found === undefined) throw new RangeError(`there is no node ${id}`)
      return found
    },
    createTopics: async ({ prefix, replicationFactor = nodes.length, minInsyncReplicas, adjust }) => {
      const topology = toTopology(createTopicNames(prefix), { replicationFactor, minInsyncReplicas })
      const adjusted = topology.map((spec) => ({ ...spec, config: adjust?.(spec) ?? spec.config }))
      await applyTopology(kafka, adjusted)
      await pushSchemas({ url: registryUrl, topicPrefix: prefix, timeoutMs: 10_000 })
    },
    setProducerQuota: (bytesPerSecond) => alterQuota(bytesPerSecond, { brokers, logDir, kafka: parts.kafka }),
    close: () => parts.cleanup.disposeAsync(),
  }
}

/** By Kafka's own command: its client for Node has no word for quotas. */
async function alterQuota(
  bytesPerSecond: number | undefined,
  cluster: Pick<KafkaCluster, 'brokers' | 'logDir'> & { readonly kafka: PreparedStack['kafka'] },
): Promise<void> {
  const { brokers, logDir, kafka } = cluster
  if (kafka === undefined) throw new TypeError('Kafka was not prepared')
  const change =
    bytesPerSecond === undefined
      ? ['--delete-config', 'producer_byte_rate']
      : ['--add-config', `producer_byte_rate=${Math.round(bytesPerSecond)}`]
  await runChild({
    name: 'kafka-configs',
    command: kafka.java.command,
    args: [
      ...['-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', kafka.jars.join(':')],
      ...['kafka.admin.ConfigCommand', '--bootstrap-server', brokers.join(','), '--alter', ...change],
      ...['--entity-type', 'clients', '--entity-default'],
    ],
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    logFile: join(logDir, 'kafka-configs.log'),
  })
}
