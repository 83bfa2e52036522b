import { setTimeout as delay } from 'node:timers/promises'
import { errorCodeOf, errorLogFields } from '@murmuration/errors'
import type { Logger, Metrics } from '@murmuration/observability'
import type { AvroRecord } from '@murmuration/schemas'
import { createCircuit } from './circuit.ts'
import { createHttpRegistry } from './http-registry.ts'
import { createRegistryHttp, type RegistryAccess, type RegistryHttp } from './registry-http.ts'
import { type RegistryClock, rememberSchemas } from './remember-schemas.ts'
import { openSchemaSnapshot } from './schema-snapshot.ts'
import { withSnapshot } from './with-snapshot.ts'

/** What the registry holds under an id. */
export interface WriterSchema {
  /** `AVRO`, or another format that the registry names. */
  readonly format: string
  /** As it was registered; not parsed yet. */
  readonly text: string
}

/** The schema registry as services use it: they look up, they never register. */
export interface Registry {
  /**
   * The writer's schema; undefined when the registry says that it knows no such id.
   *
   * @throws {RegistryUnavailableError} @throws {RegistryUnauthorizedError} nothing is known: neither yes nor no
   */
  schemaById(id: number): Promise<WriterSchema | undefined>
  /** The id of exactly this schema; undefined when it is not registered under the subject. @throws as `schemaById` */
  idOfSchema(subject: string, schema: AvroRecord): Promise<number | undefined>
}

export interface RegistryOptions extends RegistryAccess {
  /** Where answers are kept for the time when the registry is away; not given or empty: nowhere. */
  readonly snapshotDir?: string | undefined
  readonly logger?: Logger
  readonly metrics?: Metrics
  /** The machine's own when not given. */
  readonly clock?: RegistryClock
}

/** Failures in a row, whichever look-ups they were, before nothing is asked for a while. */
const FAILURES_TO_OPEN = 5
/** That while, ms: what an outage outlasts its own end by, at most. */
const REST_MS = 2_000
/** Between the two questions whose "no" counts, ms: longer than replicas of a registry lag. */
const CONFIRM_MS = 2_000
/** How long such a "no" holds, ms. */
const UNKNOWN_MS = 60_000
/** A topic has as many schemas as there were releases. */
const MAX_SCHEMAS = 1_000

const systemClock: RegistryClock = { nowMs: () => performance.now(), delay }

/** Creates the client: HTTP, a circuit around it, the snapshot behind that, and a memory in front of all. */
export function createRegistry(options: RegistryOptions): Registry {
  const { clock = systemClock, logger, snapshotDir = '' } = options
  const http = createRegistryHttp(options)
  const guarded = guard(http, options)
  const kept = snapshotDir === '' ? guarded : withDisk(guarded, http.url, { ...options, snapshotDir })
  if (snapshotDir === '') logger?.info('schemas are not kept on disk', { setting: 'SCHEMA_SNAPSHOT_DIR' })
  return rememberSchemas(kept, { maxSchemas: MAX_SCHEMAS, confirmMs: CONFIRM_MS, unknownMs: UNKNOWN_MS, clock })
}

/** Counts each question by its result, and stops asking what does not answer. */
function guard(http: RegistryHttp, { clock = systemClock, logger, metrics }: RegistryOptions): Registry {
  const registry = createHttpRegistry(http)
  metrics?.set('murmuration_registry_circuit_open', {}, 0)
  const circuit = createCircuit({
    failuresToOpen: FAILURES_TO_OPEN,
    restMs: REST_MS,
    nowMs: clock.nowMs,
    onChange: (state, error) => {
      metrics?.set('murmuration_registry_circuit_open', {}, state === 'open' ? 1 : 0)
      if (state === 'closed') logger?.info('the schema registry answers again', { url: http.url })
      else logger?.error('the schema registry does not answer; it is asked now and then', errorLogFields(error))
    },
  })
  const count = (result: string) => metrics?.count('murmuration_registry_lookups_total', { result })
  const ask = <T>(question: () => Promise<T | undefined>) =>
    circuit.run(async () => {
      try {
        const answer = await question()
        count(answer === undefined ? 'unknown' : 'found')
        return answer
      } catch (error) {
        count(errorCodeOf(error))
        throw error
      }
    })
  return {
    schemaById: (id) => ask(() => registry.schemaById(id)),
    idOfSchema: (subject, schema) => ask(() => registry.idOfSchema(subject, schema)),
  }
}

function withDisk(
  registry: Registry,
  url: string,
  options: RegistryOptions & { readonly snapshotDir: string },
): Registry {
  const { logger, metrics } = options
  const snapshot = openSchemaSnapshot({
    dir: options.snapshotDir,
    url,
    onTrouble: (trouble, error) => {
      metrics?.count('murmuration_registry_snapshot_troubles_total', { trouble })
      logger?.error('the snapshot of the schemas has trouble', {
        trouble,
        dir: options.snapshotDir,
        ...(error !== undefined && errorLogFields(error)),
      })
    },
  })
  return withSnapshot(registry, {
    snapshot,
    onRecall: (cause) => {
      metrics?.count('murmuration_registry_lookups_total', { result: 'snapshot' })
      logger?.warn('the snapshot answered instead of the schema registry', errorLogFields(cause))
    },
  })
}
