import { toRegistryOptions } from '@murmuration/config'
import { defaultRetryPlan, startConsumer } from '@murmuration/consumer'
import { errorLogFields } from '@murmuration/errors'
import { openKafkaLink } from '@murmuration/kafka'
import { runService } from '@murmuration/service'
import { adapters } from './adapters/registry.ts'
import { settings, toGroupId } from './config.ts'
import type { CrmEvent } from './crm-adapter.ts'
import { createHandleEvent } from './handle-event.ts'

await runService(
  {
    name: 'crm-sync',
    settings,
    async start({ config, clientId, logger, metrics }) {
      const adapter = adapters[config.CRM_ADAPTER](config, {
        clientId,
        onError: (error) => logger.warn('the sink has trouble', errorLogFields(error)),
      })
      const link = await openKafkaLink({
        brokers: config.KAFKA_BROKERS,
        clientId,
        topicPrefix: config.KAFKA_TOPIC_PREFIX,
        registry: toRegistryOptions(config),
        writes: ['partition-outcomes', 'quarantined-record'],
        publishDeadlineMs: 10_000,
        maxQueuedRecords: 10_000,
        logger,
        metrics,
      })
      const consumer = await startConsumer<CrmEvent>(link, {
        groupId: toGroupId(config),
        handler: 'crm-sync',
        records: ['message', 'message-status', 'conversation'],
        handleEvent: createHandleEvent(adapter),
        plan: defaultRetryPlan,
        concurrency: 16,
        clientId,
        logger,
        metrics,
      })
      return {
        checks: {
          kafka: link.check,
          group: consumer.problem,
          sink: async () => {
            await adapter.check()
            return undefined
          },
        },
        failed: consumer.ended,
        close: async () => {
          await consumer.close()
          await link.close()
          await adapter.close()
        },
      }
    },
  },
  process.env,
)
