import { randomUUID } from 'node:crypto'
import { openKafkaLink } from '@murmuration/kafka'
import { runService } from '@murmuration/service'
import { settings } from './config.ts'
import { createDuplicateWindow } from './duplicate-window.ts'
import { createPublicServer } from './public-server.ts'
import { readSources } from './sources.ts'

await runService(
  {
    name: 'ingress',
    settings,
    async start({ config, clientId, logger, metrics }) {
      const sources = readSources(config.SOURCES_FILE, process.env)
      const link = await openKafkaLink({
        brokers: config.KAFKA_BROKERS,
        clientId,
        topicPrefix: config.KAFKA_TOPIC_PREFIX,
        registryUrl: config.SCHEMA_REGISTRY_URL,
        writes: ['raw-webhook', 'message', 'message-status', 'conversation', 'platform-event', 'quarantined-record'],
        publishDeadlineMs: config.PUBLISH_DEADLINE_MS,
        maxQueuedRecords: config.MAX_QUEUED_RECORDS,
        maxQueuedBytes: config.MAX_QUEUED_BYTES,
        logger,
        metrics,
      })
      const server = createPublicServer(sources, {
        publisher: link.publisher,
        window: createDuplicateWindow({ maxEvents: config.DUPLICATE_WINDOW_EVENTS }),
        contactKeySecret: config.CONTACT_KEY_SECRET.reveal(),
        maxBodyBytes: config.MAX_BODY_BYTES,
        logger,
        metrics,
        now: Date.now,
        newId: randomUUID,
      })
      const url = await server.listen({ host: config.INGRESS_HOST, port: config.INGRESS_PORT })
      logger.info('listening', { url, sources: sources.map((source) => source.name) })
      return {
        checks: { kafka: link.check },
        failed: new Promise(() => undefined),
        close: async () => {
          await server.close()
          await link.close()
        },
      }
    },
  },
  process.env,
)
