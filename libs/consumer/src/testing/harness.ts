import { createTopicNames, type KafkaRecord } from '@murmuration/kafka'
import { createMetrics, type LogFields, silentLogger } from '@murmuration/observability'
import type { Clock } from '../clock.ts'
import type { Consumer, ConsumerDeps } from '../consumer-deps.ts'
import type { HandleEvent } from '../handler.ts'
import { createOutcomeLog } from '../outcome-log.ts'
import { createHastyClock } from './fake-clock.ts'
import { createFakePublisher } from './fake-publisher.ts'
import { createFakeSource } from './fake-source.ts'

/** The event of the tests: its id is the text of the record's value. */
export interface SampleEvent {
  readonly eventId: string
  readonly receivedAt: number
}

/** Everything that a consumer needs, in memory, and a journal of the effects that it has, in order. */
export function createHarness(options: {
  readonly handleEvent?: HandleEvent<SampleEvent>
  readonly consumer?: Partial<Consumer<SampleEvent>>
  readonly clock?: Clock
}) {
  const journal: string[] = []
  const lines: ({ readonly message: string } & LogFields)[] = []
  const clock = options.clock ?? createHastyClock()
  const source = createFakeSource(journal)
  const publisher = createFakePublisher(journal)
  const groupId = 'group-a'
  const log = createOutcomeLog({ groupId, member: 'member-0', publisher, now: clock.now })
  const note = (message: string, fields?: LogFields) => lines.push({ message, ...fields })
  const metrics = createMetrics({ process: 'omit' })
  const deps: ConsumerDeps<SampleEvent> = {
    consumer: {
      groupId,
      handler: 'tests/1',
      decode: async (record) => ({ eventId: String(record.value), receivedAt: clock.now() - 2_000 }),
      handleEvent: options.handleEvent ?? (async () => ({ kind: 'done' })),
      plan: { maxAttempts: 3, minDelayMs: 100, maxDelayMs: 1_000, whenSpent: 'dead-letter' },
      ...options.consumer,
    },
    source,
    publisher,
    outcomes: {
      ...log,
      add(partition, entry) {
        journal.push(`report ${entry.kind} ${entry.offset}`)
        log.add(partition, entry)
      },
    },
    names: createTopicNames('p.'),
    clock,
    logger: { ...silentLogger, info: note, warn: note, error: note },
    metrics,
  }
  return { deps, source, publisher, journal, lines, clock, metrics }
}

/** A record of the tests' topic. */
export function recordAt(offset: number, overrides: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic: 'p.bird.messages.v1',
    partition: 4,
    offset: BigInt(offset),
    key: Buffer.from('key'),
    value: Buffer.from(`event-${offset}`),
    headers: { traceparent: '00-a-b-01' },
    timestampMs: 0,
    ...overrides,
  }
}

/** Lets everything happen that needs no time, over some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until a condition holds, over turns of the event loop and no time. @throws when it never does */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    if (condition()) return
    await turns(1)
  }
  throw new Error(`never came true: ${condition}`)
}
