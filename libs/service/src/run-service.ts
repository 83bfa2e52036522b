import { ConfigInvalidError, type ConfigOf, readConfig, type Settings, sharedSettings } from '@murmuration/config'
import { describeError, errorLogFields } from '@murmuration/errors'
import { createLogger, createMetrics, type Logger, type Metrics } from '@murmuration/observability'
import { startAdminServer } from './admin-server.ts'
import type { HealthCheck } from './health.ts'

/** Settings that every service has. */
export const serviceSettings = {
  ADMIN_HOST: sharedSettings.ADMIN_HOST,
  ADMIN_PORT: sharedSettings.ADMIN_PORT,
  CLIENT_ID: sharedSettings.CLIENT_ID,
  LOG_LEVEL: sharedSettings.LOG_LEVEL,
  SHUTDOWN_DEADLINE_MS: sharedSettings.SHUTDOWN_DEADLINE_MS,
} as const

/** What a service gets to start with. */
export interface ServiceContext<S extends Settings> {
  readonly config: ConfigOf<S> & ConfigOf<typeof serviceSettings>
  /** Stable name of this replica. */
  readonly clientId: string
  readonly logger: Logger
  readonly metrics: Metrics
}

/** A service that runs. */
export interface RunningService {
  readonly checks: Readonly<Record<string, HealthCheck>>
  /** Rejects when the service can't go on. Never resolves by itself before `close`. */
  readonly failed: Promise<void>
  /** Finishes what is under way and stops. */
  close(): Promise<void>
}

/** One service: its name, its settings and how it starts. */
export interface ServiceDefinition<S extends Settings> {
  readonly name: string
  readonly settings: S
  start(context: ServiceContext<S>): Promise<RunningService>
}

/**
 * Runs a service until a signal or a failure ends it: configuration, log, metrics, admin port, orderly shutdown.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when it failed or did not finish in time, 2 when the configuration is wrong.
 */
export async function runService<S extends Settings>(
  definition: ServiceDefinition<S>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<never> {
  const settings = { ...serviceSettings, ...definition.settings }
  let config: ServiceContext<S>['config']
  try {
    config = readConfig(settings, env) as ServiceContext<S>['config']
  } catch (error) {
    process.stderr.write(`${definition.name}: ${describeError(error)}\n`)
    process.exit(2)
  }
  const logger = createLogger({ service: definition.name, level: config.LOG_LEVEL })
  const metrics = createMetrics({ process: 'include' })
  const clientId = config.CLIENT_ID || `${definition.name}-0`
  // From here on, not after the start, which may wait for long: as PID 1 nothing else would end the process.
  const stop = signalled(logger)
  try {
    // Before the start, too: to whoever probes, a service that waits for the registry is live, and not ready.
    const admin = await startAdminServer({ host: config.ADMIN_HOST, port: config.ADMIN_PORT, metrics })
    logger.info('starting', { admin: admin.url, clientId })
    const service = await Promise.race([definition.start({ config, clientId, logger, metrics }), stop])
    if (service === undefined) {
      logger.info('stopped')
      process.exit(0)
    }
    admin.started(service.checks)
    logger.info('started', { admin: admin.url, clientId })
    const failure = await Promise.race([stop, service.failed.then(() => undefined, toFailure)])
    admin.drain()
    const deadline = setTimeout(() => {
      logger.error('did not stop in time', { deadlineMs: config.SHUTDOWN_DEADLINE_MS })
      process.exit(1)
    }, config.SHUTDOWN_DEADLINE_MS)
    if (failure !== undefined) logger.error('failed', errorLogFields(failure.error))
    await service.close()
    await admin.close()
    clearTimeout(deadline)
    logger.info('stopped')
    process.exit(failure === undefined ? 0 : 1)
  } catch (error) {
    logger.error('failed', errorLogFields(error))
    process.stderr.write(`${definition.name}: ${describeError(error)}\n`)
    // Settings that only make sense together are looked at when the service starts.
    process.exit(error instanceof ConfigInvalidError ? 2 : 1)
  }
}

function toFailure(error: unknown): { readonly error: unknown } {
  return { error }
}

function signalled(logger: Logger): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        logger.info('stopping', { signal })
        resolve(undefined)
      })
    }
  })
}
