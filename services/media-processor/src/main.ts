import { resolve } from 'node:path'
import { toRegistryOptions } from '@murmuration/config'
import { defaultRetryPlan, startConsumer } from '@murmuration/consumer'
import { openKafkaLink } from '@murmuration/kafka'
import { createFileStore } from '@murmuration/objects'
import { createGuardedClient } from '@murmuration/outbound'
import type { Message } from '@murmuration/schemas'
import { runService } from '@murmuration/service'
import { settings } from './config.ts'
import { createHandleEvent } from './handle-event.ts'

await runService(
  {
    name: 'media-processor',
    settings,
    async start({ config, clientId, logger, metrics }) {
      const store = await createFileStore({ dir: resolve(config.MEDIA_DIR), owner: clientId })
      const client = createGuardedClient({
        allowedHosts: config.MEDIA_ALLOWED_HOSTS,
        privateHosts: config.MEDIA_PRIVATE_HOSTS,
      })
      const link = await openKafkaLink({
        brokers: config.KAFKA_BROKERS,
        clientId,
        topicPrefix: config.KAFKA_TOPIC_PREFIX,
        registry: toRegistryOptions(config),
        writes: ['media-asset', 'partition-outcomes', 'quarantined-record'],
        publishDeadlineMs: 10_000,
        maxQueuedRecords: 10_000,
        logger,
        metrics,
      })
      const consumer = await startConsumer<Message>(link, {
        groupId: 'media-processor',
        handler: 'media-processor',
        records: ['message'],
        handleEvent: createHandleEvent({
          client,
          store,
          accessKey: config.BIRD_ACCESS_KEY,
          maxBytes: config.MEDIA_MAX_BYTES,
          deadline: () => AbortSignal.timeout(config.MEDIA_TIMEOUT_MS),
          publishAssets: async (assets) => {
            await link.publisher.publish(
              assets.map(({ key, event }) => ({ kind: 'event', record: 'media-asset', key, event })),
            )
          },
          now: Date.now,
          metrics,
        }),
        plan: defaultRetryPlan,
        concurrency: 8,
        callDeadlineMs: config.MEDIA_TIMEOUT_MS + 30_000,
        clientId,
        logger,
        metrics,
      })
      return {
        checks: {
          kafka: link.check,
          group: consumer.problem,
          store: async () => {
            await store.check()
            return undefined
          },
        },
        failed: consumer.ended,
        close: async () => {
          await consumer.close()
          await link.close()
          await client.close()
          await store.close()
        },
      }
    },
  },
  process.env,
)
