import { toRegistryOptions } from '@murmuration/config'
import { startConsumer, stoppingPlan } from '@murmuration/consumer'
import { openKafkaLink } from '@murmuration/kafka'
import { runService } from '@murmuration/service'
import type { AuditedEvent } from './audit-line.ts'
import { openAuditTrail } from './audit-trail.ts'
import { settings } from './config.ts'
import { createHandlers } from './handle-event.ts'

await runService(
  {
    name: 'audit-log',
    settings,
    async start({ config, clientId, logger, metrics }) {
      const trail = await openAuditTrail(config.AUDIT_DIR)
      const link = await openKafkaLink({
        brokers: config.KAFKA_BROKERS,
        clientId,
        topicPrefix: config.KAFKA_TOPIC_PREFIX,
        registry: toRegistryOptions(config),
        writes: ['partition-outcomes'],
        publishDeadlineMs: 10_000,
        maxQueuedRecords: 10_000,
        logger,
        metrics,
      })
      const consumer = await startConsumer<AuditedEvent>(link, {
        groupId: 'audit-log',
        handler: 'audit-log',
        records: ['raw-webhook', 'partition-outcomes', 'operation'],
        ...createHandlers({ trail, metrics }),
        // Nothing may be left out of the trail: it stops in front of a record that it can't append.
        plan: stoppingPlan,
        concurrency: 8,
        clientId,
        logger,
        metrics,
      })
      return {
        checks: { kafka: link.check, group: consumer.problem },
        failed: consumer.ended,
        close: async () => {
          await consumer.close()
          await link.close()
          await trail.close()
        },
      }
    },
  },
  process.env,
)
