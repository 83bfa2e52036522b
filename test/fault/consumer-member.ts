// A member of the consumer group under test, as a process of its own: the consumer runtime in front of our sink.
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultRetryPlan, type HandleEvent, startConsumer } from '@murmuration/consumer'
import { PipelineError } from '@murmuration/errors'
import { openKafkaLink, type Publisher } from '@murmuration/kafka'
import { createLogger, createMetrics } from '@murmuration/observability'
import type { Message } from '@murmuration/schemas'
import { connectToSink } from './consumer-sink-client.ts'

const { env } = process
const clientId = env.CLIENT_ID ?? ''
const logger = createLogger({ service: clientId, level: 'warn' })
const metrics = createMetrics({ process: 'omit' })
/** From the handler's begin to its effect at the sink, ms at most. */
const workMs = Number(env.WORK_MS)
/** Dies right after so many acknowledged writes to topics that end so, e.g. `.retry`: nothing of it is committed. */
const killAfter = { suffix: env.KILL_AFTER_WRITE_TO ?? '', writes: Number(env.KILL_AFTER_WRITES ?? '0') }

/**
 * Shorter than in production, so that many records are parked, tried again and done within a test, and some are parked
 * before the commit of the records before them.
 */
const plan = { ...defaultRetryPlan, quickDelaysMs: [20, 50], minDelayMs: 500, maxDelayMs: 2_000 }

/** Another machine than this one, to the group. */
const elsewhere = { machine: env.MACHINE, release: () => undefined }

class SinkRefusedError extends PipelineError {
  readonly code = 'MUR_DATABASE_REFUSED'
  readonly disposition = 'dead-letter'
}

class SinkBusyError extends PipelineError {
  readonly code = 'MUR_DATABASE_CONFLICT'
  readonly disposition = 'retry'
}

function withKillPoint(publisher: Publisher): Publisher {
  if (killAfter.writes === 0) return publisher
  let writes = 0
  return {
    ...publisher,
    publish: async (records) => {
      const receipt = await publisher.publish(records)
      writes += records.filter((record) => record.kind === 'moved' && record.topic.endsWith(killAfter.suffix)).length
      if (writes >= killAfter.writes) process.kill(process.pid, 'SIGKILL')
      return receipt
    },
  }
}

const sink = await connectToSink(Number(env.SINK_PORT), { member: clientId, pid: process.pid })
sink.gone.catch(() => process.exit(3))

const handleEvent: HandleEvent<Message> = async (event, { partition, offset, attempt, signal }) => {
  const { contactKey: key, eventId } = event
  const call = sink.begin({ key, eventId, partition, offset: Number(offset), attempt, startedMs: Date.now() })
  if (workMs > 0) await sleep(Math.random() * workMs)
  if (signal.aborted) {
    call.abandon()
    throw signal.reason
  }
  switch (await call.apply()) {
    case 'retry':
      throw new SinkBusyError('the sink is busy')
    case 'refused':
      throw new SinkRefusedError('the sink does not take this')
    case 'done':
      return { kind: 'done' }
  }
}

const opened = await openKafkaLink({
  brokers: (env.KAFKA_BROKERS ?? '').split(','),
  clientId,
  topicPrefix: env.KAFKA_TOPIC_PREFIX ?? '',
  registry: { url: env.SCHEMA_REGISTRY_URL ?? '', timeoutMs: 5_000 },
  writes: ['partition-outcomes', 'quarantined-record'],
  publishDeadlineMs: 10_000,
  maxQueuedRecords: 10_000,
  ...(env.MACHINE === undefined ? {} : { acquireLock: async () => elsewhere }),
  logger,
  metrics,
})
const link = { ...opened, publisher: withKillPoint(opened.publisher) }
const consumer = await startConsumer<Message>(link, {
  groupId: env.GROUP_ID ?? '',
  handler: 'fault-test',
  records: ['message'],
  handleEvent,
  plan,
  concurrency: Number(env.CONCURRENCY),
  clientId,
  logger,
  metrics,
})

async function end(): Promise<void> {
  await consumer.close()
  await link.close()
  sink.close()
  process.exit(0)
}
process.once('SIGTERM', () => void end())
// What is held, and not only not collected yet: see `heldBytesOf`.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  logger.warn('memory', { heldBytes: heapUsed + external })
})
await consumer.ended
