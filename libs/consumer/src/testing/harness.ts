import { createTopicNames, headerNames, type OutboundRecord } from '@murmuration/kafka'
import { createFakeCluster, type FakeMember } from '@murmuration/kafka/testing'
import { createMetrics, type LogFields, silentLogger } from '@murmuration/observability'
import type { Consumer, ConsumerDeps } from '../consumer-deps.ts'
import type { HandleEvent, HandlerContext } from '../handler.ts'
import { createOutcomeLog } from '../outcome-log.ts'
import { defaultLimits } from '../partition/admission.ts'
import { type RunningConsumer, runGroup } from '../run-group.ts'
import { createConsumerClock } from './fake-clock.ts'
import { createFakePublisher, type FakePublisher } from './fake-publisher.ts'

/** How long the source waits for a drain, ms. */
const DRAIN_MS = 5_000

/** The event of the tests: its id is the text of the record's value. */
export interface SampleEvent {
  readonly eventId: string
  readonly receivedAt: number
}

export const TOPIC = 'bird.messages.v1'
export const GROUP = 'group-a'
const names = createTopicNames('p.')
/** As the cluster knows them. */
export const main = names.topic(TOPIC)
export const retry = names.retry(TOPIC, GROUP)
export const dlq = names.deadLetter(TOPIC, GROUP)

/** A member of the tests' group. */
export interface Member {
  readonly source: FakeMember
  readonly publisher: FakePublisher
  readonly running: RunningConsumer
  readonly deps: ConsumerDeps<SampleEvent>
}

/** Plan of the tests: no quick retries, a second at least, a minute at most, an hour in all. */
export const PLAN = {
  quickDelaysMs: [],
  minDelayMs: 1_000,
  maxDelayMs: 60_000,
  budgetMs: 3_600_000,
  whenSpent: 'dead-letter',
} as const

/** A cluster in memory, a clock that stands still, and consumers on both. What calls do is written into a journal. */
export function createHarness(options: {
  readonly handleEvent?: HandleEvent<SampleEvent>
  readonly consumer?: Partial<Consumer<SampleEvent>>
  readonly partitions?: number
}) {
  const clock = createConsumerClock()
  const partitions = options.partitions ?? 1
  const topics = { [main]: partitions, [retry]: partitions, [dlq]: partitions }
  const cluster = createFakeCluster({
    topics,
    nowMs: clock.monotonicMs,
    leaseMs: 6_000,
    drainLimit: () => clock.delay(DRAIN_MS, new AbortController().signal),
  })
  const journal: string[] = []
  const lines: ({ readonly message: string } & LogFields)[] = []
  const note = (message: string, fields?: LogFields) => lines.push({ message, ...fields })
  const metrics = createMetrics({ process: 'omit' })

  /** @param change what of its source is not as it should be */
  async function join(clientId: string, change?: (source: FakeMember) => Partial<FakeMember>): Promise<Member> {
    const source = cluster.member(clientId)
    Object.assign(source, change?.({ ...source }))
    const append = (at: { topic: string; partition: number }, record: Extract<OutboundRecord, { kind: 'moved' }>) =>
      cluster.append(at, { ...record, timestampMs: clock.now() })
    const publisher = createFakePublisher(journal, append, (at) => cluster.records(at))
    const decodeNow = (_: string, value: Buffer | null) => ({
      eventId: String(value),
      receivedAt: clock.now() - 2_000,
    })
    const deps: ConsumerDeps<SampleEvent> = {
      consumer: {
        groupId: GROUP,
        topics: [TOPIC],
        handler: 'tests/1',
        decodeNow,
        decode: async (topic, value) => decodeNow(topic, value),
        handleEvent: options.handleEvent ?? (async () => ({ kind: 'done' })),
        plan: PLAN,
        order: 'key',
        concurrency: 10,
        callDeadlineMs: 30_000,
        limits: defaultLimits,
        ...options.consumer,
      },
      source,
      publisher,
      outcomes: createOutcomeLog({ groupId: GROUP, member: clientId, publisher, now: clock.now }),
      names,
      clock,
      logger: { ...silentLogger, info: note, warn: note, error: note },
      metrics,
    }
    return { source, publisher, deps, running: await runGroup(deps, { commitEveryMs: 200 }) }
  }

  /** Writes events of a key: their ids are `key1`, `key2`, … */
  function give(key: string, ...numbers: readonly number[]): void {
    for (const number of numbers) {
      cluster.append(
        { topic: main, partition: 0 },
        { key: Buffer.from(key), value: Buffer.from(`${key}${number}`), timestampMs: clock.now() },
      )
    }
  }

  /** Lets time pass in steps of 50 ms, with everything that happens meanwhile. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await turns(8)
      clock.advance(50)
    }
    await turns(8)
  }
  return { cluster, clock, journal, lines, metrics, join, give, pass }
}

/** The text of a header of a record. */
export function headerOf(
  record: { readonly headers: Readonly<Record<string, Buffer | string>> },
  name: keyof typeof headerNames,
): string | undefined {
  return record.headers[headerNames[name]]?.toString()
}

/** Lets everything happen that needs no time, over some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A handler that writes down what it is given, and fails for an event while `fails` says so. */
export function journalHandler(
  journal: string[],
  fails: (eventId: string, context: HandlerContext) => Error | undefined = () => undefined,
): HandleEvent<SampleEvent> {
  return async ({ eventId }, context) => {
    const error = fails(eventId, context)
    journal.push(error === undefined ? eventId : `${eventId}!`)
    if (error !== undefined) throw error
    return { kind: 'done' }
  }
}
