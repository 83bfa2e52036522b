// The consumer of page 5: it prints each effect, and takes 30 and 10 ms for them by turns, so that order is no accident.
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultRetryPlan, startConsumer } from '@murmuration/consumer'
import { openKafkaLink } from '@murmuration/kafka'
import { createMetrics, silentLogger } from '@murmuration/observability'
import type { Message } from '@murmuration/schemas'

const common = { clientId: 'member-0', logger: silentLogger, metrics: createMetrics({ process: 'omit' }) }

const link = await openKafkaLink({
  ...common,
  brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
  topicPrefix: process.env.KAFKA_TOPIC_PREFIX ?? '',
  registry: { url: process.env.SCHEMA_REGISTRY_URL ?? '', timeoutMs: 5_000 },
  writes: ['partition-outcomes', 'quarantined-record'],
  publishDeadlineMs: 10_000,
  maxQueuedRecords: 1_000,
})
const consumer = await startConsumer<Message>(link, {
  ...common,
  groupId: process.env.GROUP_ID ?? '',
  handler: 'tour',
  records: ['message'],
  handleEvent: async ({ text }) => {
    await sleep(Number(text) % 2 === 1 ? 30 : 10)
    process.stdout.write(`applied ${text}\n`)
    return { kind: 'done' }
  },
  plan: defaultRetryPlan,
  concurrency: 8,
})
await consumer.ended
