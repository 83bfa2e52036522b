import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runChild, spawnChild } from './child.ts'
import { freePort } from './free-port.ts'
import { type JvmOptions, toGraceMs, toJvmFlags } from './jvm.ts'
import { type KafkaSettings, LOG4J2_XML, toServerProperties } from './kafka-config.ts'
import { probeKafka } from './kafka-probe.ts'
import { type Env, toChildEnv } from './on-path.ts'
import { type OnExit, type Part, startPart, withProperties } from './part.ts'

export interface KafkaPart extends Part {
  /** `127.0.0.1:port`, for clients' `brokers`. The same after a restart. */
  readonly brokers: string
}

/** One node of a cluster whose nodes know each other beforehand. */
export interface KafkaMember {
  readonly nodeId: number
  readonly port: number
  readonly controllerPort: number
  /** Every node's `id@host:controllerPort`. */
  readonly voters: readonly string[]
  /** The same for all, see `newClusterId`. */
  readonly clusterId: string
}

export interface KafkaOptions extends JvmOptions {
  /** Kafka's jars, in the same order at every start: a class archive fits one order only. */
  readonly jars: readonly string[]
  /** Its own folder; formatted when new. */
  readonly dataDir: string
  /** Folder of the records, absolute and without a comma; inside `dataDir` when not given. */
  readonly recordsDir?: string
  readonly logDir: string
  /** Its place in a cluster; when not given it is alone, on free ports. */
  readonly member?: KafkaMember
  /** Port that clients are told, where something stands before the broker; its own when not given. */
  readonly advertisedPort?: number
  /** Broker settings besides ours, or instead of them. */
  readonly settings?: KafkaSettings
  /** Upper limit of the heap; 512 when not given. */
  readonly heapMegabytes?: number
  readonly env: Env
  readonly onExit?: OnExit | undefined
  readonly signal?: AbortSignal | undefined
}

const HEAP_MEGABYTES = 512

/**
 * Starts one Kafka node (KRaft, broker and controller in one) on 127.0.0.1.
 *
 * Acknowledged records survive a SIGKILL of the broker (they are in the page cache), not a power cut.
 *
 * @throws {LocalError} it could not be formatted, ended, or was not ready in 60 s
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaPart> {
  const { dataDir } = options
  await mkdir(dataDir, { recursive: true })
  const member = options.member ?? (await standAlone(dataDir))
  const { port } = member
  const advertisedPort = options.advertisedPort ?? port
  const broker = { ...member, advertisedPort, settings: options.settings ?? {} }
  const properties = join(dataDir, 'server.properties')
  const log4j = join(dataDir, 'log4j2.xml')
  const records = options.recordsDir ?? join(dataDir, 'log')
  // Seen from the working folder where it lies inside: a comma in the full path would split it.
  const recordsName = options.recordsDir ?? 'log'
  await writeFile(log4j, LOG4J2_XML)

  function run(main: string, args: readonly string[], flags: readonly string[]) {
    return {
      name: 'kafka',
      command: options.java.command,
      args: [...flags, `-Dlog4j2.configurationFile=${log4j}`, '-cp', options.jars.join(delimiter), main, ...args],
      cwd: dataDir,
      env: toChildEnv(options.env),
      logFile: join(options.logDir, 'kafka.log'),
    }
  }

  if (!existsSync(records)) {
    // Formatted beside its place and renamed, so that a crash leaves no half-formatted folder.
    const fresh = `${records}.new`
    await rm(fresh, { recursive: true, force: true })
    await writeFile(properties, toServerProperties({ ...broker, logDir: `${recordsName}.new` }))
    const flags = toJvmFlags({ ...withoutWriting(options), heapMegabytes: 128 })
    const args = ['format', '-t', member.clusterId, '-c', properties]
    await runChild({ ...run('kafka.tools.StorageTool', args, flags), signal: options.signal })
    await rename(fresh, records)
  }
  await writeFile(properties, toServerProperties({ ...broker, logDir: recordsName }))

  const flags = toJvmFlags({ ...options, heapMegabytes: options.heapMegabytes ?? HEAP_MEGABYTES })
  const part = await startPart({
    name: 'kafka',
    launch: () => spawnChild(run('kafka.Kafka', [properties], flags)),
    probe: (signal) => probeKafka({ port, advertisedPort, signal }),
    graceMs: toGraceMs(options),
    onExit: options.onExit,
    signal: options.signal,
  })
  return withProperties(part, { brokers: `127.0.0.1:${advertisedPort}` })
}

/** The archive is the broker's: one run writes it. */
function withoutWriting(options: JvmOptions): JvmOptions {
  const { java, archive } = options
  return archive === undefined || 'write' in archive ? { java } : { java, archive }
}

async function standAlone(dataDir: string): Promise<KafkaMember> {
  const controllerPort = await freePort()
  const voters = [`1@127.0.0.1:${controllerPort}`]
  return { nodeId: 1, port: await freePort(), controllerPort, voters, clusterId: await readClusterId(dataDir) }
}

/** Kafka's own form of a UUID: 22 characters of URL-safe base64. */
export function newClusterId(): string {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  // StorageTool takes a leading dash for an option.
  return id.startsWith('-') ? `M${id.slice(1)}` : id
}

/** Kept, so that the folder has one identity. */
async function readClusterId(dataDir: string): Promise<string> {
  const file = join(dataDir, 'cluster-id')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known !== '') return known.trim()
  const clusterId = newClusterId()
  await writeFile(file, `${clusterId}\n`)
  return clusterId
}
