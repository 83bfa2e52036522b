import { toRegistryOptions } from '@murmuration/config'
import { defaultRetryPlan, startConsumer } from '@murmuration/consumer'
import { openKafkaLink } from '@murmuration/kafka'
import type { Message } from '@murmuration/schemas'
import { runService } from '@murmuration/service'
import { settings } from './config.ts'
import { createHandleEvent } from './handle-event.ts'

await runService(
  {
    name: 'example-consumer',
    settings,
    async start({ config, clientId, logger, metrics }) {
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
      const consumer = await startConsumer<Message>(link, {
        groupId: 'example-consumer',
        handler: 'example-consumer',
        records: ['message'],
        // Your sink takes the place of this one. Ids and types may be logged, people's words may not.
        handleEvent: createHandleEvent({ apply: async ({ type }) => logger.info('applied', { type }) }),
        plan: defaultRetryPlan,
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
        },
      }
    },
  },
  process.env,
)
