import { randomUUID } from 'node:crypto'
import { toRegistryOptions } from '@murmuration/config'
import { openKafkaLink } from '@murmuration/kafka'
import { runService } from '@murmuration/service'
import { settings } from './config.ts'
import { createDuplicateWindow } from './duplicate-window.ts'
import { startEventLoopGuard } from './event-loop-guard.ts'
import { createFindingCounter } from './finding-counter.ts'
import { createLoopTurns } from './loop-turns.ts'
import { createPublicServer } from './public-server.ts'
import { createRateLimiter } from './rate-limit.ts'
import { createRefusalLog } from './refusal-log.ts'
import { createSourceTable } from './source-table.ts'
import { readSources } from './sources.ts'
import { watchSources } from './watch-sources.ts'

/** How often the sources are looked at, ms. */
const WATCH_MS = 1_000

/**
 * Connections that may wait to be accepted. With Node's 511 a burst overflows it, and who is dropped there comes back after
 * seconds. The system's own limit (net.core.somaxconn) holds as well.
 */
const BACKLOG = 4_096

await runService(
  {
    name: 'ingress',
    settings,
    async start({ config, clientId, logger, metrics }) {
      // Node's own answer to SIGHUP is to end, and the link below may wait for long.
      let reload: () => void = () => undefined
      process.on('SIGHUP', () => reload())
      const loaded = readSources(config.SOURCES_FILE, process.env)
      const sources = createSourceTable(loaded.sources)
      const link = await openKafkaLink({
        brokers: config.KAFKA_BROKERS,
        clientId,
        topicPrefix: config.KAFKA_TOPIC_PREFIX,
        registry: toRegistryOptions(config),
        writes: ['raw-webhook', 'message', 'message-status', 'conversation', 'platform-event', 'quarantined-record'],
        publishDeadlineMs: config.PUBLISH_DEADLINE_MS,
        maxQueuedRecords: config.MAX_QUEUED_RECORDS,
        maxQueuedBytes: config.MAX_QUEUED_BYTES,
        logger,
        metrics,
      })
      const monotonic = () => performance.now()
      const loop = startEventLoopGuard({ limitMs: config.EVENT_LOOP_LIMIT_MS, nowMs: monotonic })
      const turns = createLoopTurns({ limitMs: config.EVENT_LOOP_LIMIT_MS, nowMs: monotonic, afterRead: setImmediate })
      const overload = () => loop.problem() ?? turns.problem()
      const server = createPublicServer({
        sources,
        publisher: link.publisher,
        window: createDuplicateWindow({ maxEvents: config.DUPLICATE_WINDOW_EVENTS }),
        limiter: createRateLimiter(monotonic),
        contactKeySecret: config.CONTACT_KEY_SECRET.reveal(),
        maxBodyBytes: config.MAX_BODY_BYTES,
        maxConnections: config.MAX_CONNECTIONS,
        timeouts: { headersMs: 5_000, requestMs: 10_000, keepAliveMs: 72_000, drainMs: 500, lingerMs: 3_000 },
        turns,
        overload,
        logger,
        refusals: createRefusalLog(logger, monotonic),
        findings: createFindingCounter({ sources: sources.list, maxPerSecond: 5, metrics, nowMs: monotonic }),
        metrics,
        now: Date.now,
        newId: randomUUID,
      })
      const watch = watchSources({
        file: config.SOURCES_FILE,
        env: process.env,
        loaded,
        onSources: sources.replace,
        logger,
        metrics,
      })
      const watching = setInterval(watch.check, WATCH_MS)
      reload = watch.checkNow
      const url = await server.listen({ host: config.INGRESS_HOST, port: config.INGRESS_PORT, backlog: BACKLOG })
      logger.info('listening', { url, sources: sources.list().map((source) => source.name) })
      return {
        checks: { kafka: link.check, 'event-loop': overload },
        failed: new Promise(() => undefined),
        close: async () => {
          clearInterval(watching)
          await server.close()
          loop.close()
          await link.close()
        },
      }
    },
  },
  process.env,
)
