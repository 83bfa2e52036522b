import { join } from 'node:path'
import { ensureDatabase } from './database-admin.ts'
import { type KafkaPart, startKafka } from './kafka.ts'
import { LocalError, toMessage } from './local-error.ts'
import type { Env } from './on-path.ts'
import type { OnExit, Part } from './part.ts'
import { type PostgresPart, startPostgres } from './postgres.ts'
import { type PreparedStack, prepareStack } from './prepare.ts'
import type { OnProgress } from './progress.ts'
import { type RegistryPart, startRegistry } from './registry.ts'

/** Servers of somebody else, used instead of our own and never stopped. Absent or empty means our own. */
export interface ExternalServers {
  readonly kafkaBrokers?: string | undefined
  readonly registryUrl?: string | undefined
  readonly databaseUrl?: string | undefined
}

export interface StackOptions {
  /** `.murmuration/` of the clone: artifacts and class archives, shared by every stack of the clone. */
  readonly home: string
  /** Records, schemas and tables; one stack at a time. Delete it as a whole or not at all. */
  readonly dataDir: string
  readonly logDir: string
  readonly external: ExternalServers
  readonly env: Env
  readonly onProgress: OnProgress
  /** A part ended that nobody asked to end; `restart()` brings it back. */
  readonly onExit?: OnExit
  /** Aborting ends the start, and what has been started. */
  readonly signal?: AbortSignal
}

/** `part` is absent where the server is somebody else's. */
export interface LocalStack {
  readonly kafka: { readonly brokers: string; readonly part?: Part }
  readonly registry: { readonly url: string; readonly part?: Part }
  readonly database: {
    readonly url: string
    readonly part?: Part
    /** Makes a database beside the first one when there is none of that name, and returns its URL. */
    ensureDatabase(name: string): Promise<string>
  }
  /** Ends the registry and PostgreSQL, then Kafka. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Prepares (first time: downloads) and starts Kafka, the schema registry and PostgreSQL side by side.
 *
 * @throws {LocalError} something is missing on the machine, could not be fetched, or did not start; what had started is
 * stopped
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const prepared = await prepareStack(options)
  return startPrepared(prepared, options)
}

/** The second half of `startStack`, for those who prepare once and start often. */
export async function startPrepared(prepared: PreparedStack, options: StackOptions): Promise<LocalStack> {
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const { logDir, env, onExit } = options
  const common = { logDir, env, onExit, signal }
  const dirOf = (name: string) => join(options.dataDir, name)
  options.onProgress({ kind: 'step', text: 'Starting the servers' })

  async function start<T extends Part>(title: string, starting: Promise<T> | undefined): Promise<T | undefined> {
    try {
      return await starting
    } catch (cause) {
      // The first failure is the one to tell: it ends the others, whose own errors only follow from it.
      failed.abort(new LocalError(`${title} did not start: ${toMessage(cause)}`, { cause }))
      throw cause
    }
  }
  const { kafka, registry, database } = prepared
  const uid = process.geteuid?.() ?? 0
  const starting = [
    start('Kafka', kafka && startKafka({ ...common, ...kafka, dataDir: dirOf('kafka') })),
    start('The schema registry', registry && startRegistry({ ...common, ...registry, dataDir: dirOf('registry') })),
    start('PostgreSQL', database && startPostgres({ ...common, ...database, uid, dataDir: dirOf('database') })),
  ] as const
  const [kafkaPart, registryPart, databasePart] = await Promise.allSettled(starting)
  const parts = [kafkaPart, registryPart, databasePart].map((one) =>
    one.status === 'fulfilled' ? one.value : undefined,
  )
  if (signal.aborted) {
    await Promise.all(parts.map((part) => part?.close()))
    throw signal.reason
  }
  return toStack(
    { kafka: await starting[0], registry: await starting[1], database: await starting[2] },
    options.external,
  )
}

interface Parts {
  readonly kafka: KafkaPart | undefined
  readonly registry: RegistryPart | undefined
  readonly database: PostgresPart | undefined
}

function toStack(parts: Parts, external: ExternalServers): LocalStack {
  const { kafka, registry, database } = parts
  const databaseUrl = database?.url ?? external.databaseUrl ?? ''
  let stopping: Promise<void> | undefined

  async function stop() {
    await Promise.all([registry?.close(), database?.close()])
    await kafka?.close()
  }

  return {
    kafka: { brokers: kafka?.brokers ?? external.kafkaBrokers ?? '', ...(kafka && { part: kafka }) },
    registry: { url: registry?.url ?? external.registryUrl ?? '', ...(registry && { part: registry }) },
    database: {
      url: databaseUrl,
      ...(database && { part: database }),
      ensureDatabase: (name) => ensureDatabase(databaseUrl, { name }),
    },
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}
