import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runChild, spawnChild } from './child.ts'
import { freePort } from './free-port.ts'
import { type JvmOptions, toGraceMs, toJvmFlags } from './jvm.ts'
import { LOG4J2_XML, toServerProperties } from './kafka-config.ts'
import { probeKafka } from './kafka-probe.ts'
import { type Env, toChildEnv } from './on-path.ts'
import { type OnExit, type Part, startPart, withProperties } from './part.ts'

export interface KafkaPart extends Part {
  /** `127.0.0.1:port`, for clients' `brokers`. The same after a restart. */
  readonly brokers: string
}

export interface KafkaOptions extends JvmOptions {
  /** Kafka's jars, in the same order at every start: a class archive fits one order only. */
  readonly jars: readonly string[]
  /** Its own folder; formatted when new. */
  readonly dataDir: string
  readonly logDir: string
  readonly env: Env
  readonly onExit?: OnExit | undefined
  readonly signal?: AbortSignal | undefined
}

const HEAP_MEGABYTES = 512

/**
 * Starts one Kafka node (KRaft, broker and controller in one) on free ports of 127.0.0.1.
 *
 * Acknowledged records survive a SIGKILL of the broker (they are in the page cache), not a power cut.
 *
 * @throws {LocalError} it could not be formatted, ended, or was not ready in 60 s
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaPart> {
  const { dataDir } = options
  await mkdir(dataDir, { recursive: true })
  const port = await freePort()
  const ports = { port, controllerPort: await freePort() }
  const properties = join(dataDir, 'server.properties')
  const log4j = join(dataDir, 'log4j2.xml')
  const records = join(dataDir, 'log')
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
    const fresh = join(dataDir, 'log.new')
    await rm(fresh, { recursive: true, force: true })
    await writeFile(properties, toServerProperties({ ...ports, logDir: 'log.new' }))
    const flags = toJvmFlags({ ...withoutWriting(options), heapMegabytes: 128 })
    const args = ['format', '-t', await readClusterId(dataDir), '-c', properties]
    await runChild({ ...run('kafka.tools.StorageTool', args, flags), signal: options.signal })
    await rename(fresh, records)
  }
  await writeFile(properties, toServerProperties({ ...ports, logDir: 'log' }))

  const flags = toJvmFlags({ ...options, heapMegabytes: HEAP_MEGABYTES })
  const part = await startPart({
    name: 'kafka',
    launch: () => spawnChild(run('kafka.Kafka', [properties], flags)),
    probe: (signal) => probeKafka({ port, signal }),
    graceMs: toGraceMs(options),
    onExit: options.onExit,
    signal: options.signal,
  })
  return withProperties(part, { brokers: `127.0.0.1:${port}` })
}

/** The archive is the broker's: one run writes it. */
function withoutWriting(options: JvmOptions): JvmOptions {
  const { java, archive } = options
  return archive === undefined || 'write' in archive ? { java } : { java, archive }
}

/** Kafka's own form of a UUID: 22 characters of URL-safe base64. Kept, so that the folder has one identity. */
async function readClusterId(dataDir: string): Promise<string> {
  const file = join(dataDir, 'cluster-id')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known !== '') return known.trim()
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  // StorageTool takes a leading dash for an option.
  const clusterId = id.startsWith('-') ? `M${id.slice(1)}` : id
  await writeFile(file, `${clusterId}\n`)
  return clusterId
}
