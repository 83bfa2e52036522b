import { deliverCalls } from './deliver-calls.ts'
import { createJavaPartitioner } from './java-partitioner.ts'
import { KafkaRefusedError } from './kafka-errors.ts'
import { createProducerIdentity } from './producer-epoch.ts'
import type { ProducerSession } from './producer-session.ts'
import type { Call } from './route-calls.ts'
import type { Outcome } from './sent-batch.ts'
import { createFakeBrokers, type FakeBrokersOptions } from './testing/fake-brokers.ts'

/** A longer value is too large. */
export const MAX_LENGTH = 10

/** A call with one message for each partition of topic a that is named. */
export function call(value: string, ...partitions: readonly number[]): Call {
  return (partitions.length === 0 ? [0] : partitions).map((partition) => ({
    topic: 'a',
    message: { partition, key: null, value },
  }))
}
export const callTo = (topic: string, value: string): Call => [{ topic, message: { partition: 0, key: null, value } }]

/** A delivery of its own to a cluster in memory. */
export function setUpDelivery(options: Partial<FakeBrokersOptions> = {}) {
  const brokers = createFakeBrokers({ topics: { a: 3, b: 1 }, maxValueLength: MAX_LENGTH, ...options })
  let session: ProducerSession | undefined
  let repeats = 0
  let onWait: () => void = () => undefined
  let findMissing = async (asked: ReadonlySet<string>) =>
    new Set([...asked].filter((topic) => topic !== 'a' && topic !== 'b'))
  const deps = {
    sessions: {
      current: () => {
        session ??= brokers.open()
        return session
      },
      drop: (left: ProducerSession) => {
        if (session !== left) return
        session = undefined
        left.destroy()
      },
    },
    identity: createProducerIdentity({ nowMs: () => performance.now() }),
    choose: createJavaPartitioner(),
    findMissing: (asked: ReadonlySet<string>) => findMissing(asked),
    suspects: new Set<string>(),
    onRepeat: () => {
      repeats += 1
    },
    wait: async (_: number, signal: AbortSignal) => {
      onWait()
      signal.throwIfAborted()
    },
  }
  return {
    brokers,
    repeats: () => repeats,
    missing: (...topics: readonly string[]) => {
      findMissing = async () => new Set(topics)
    },
    identity: deps.identity,
    session: deps.sessions.current,
    /** Between two tries. */
    beforeRepeat: (play: () => void) => {
      onWait = play
    },
    log: (partition = 0) => brokers.log({ topic: 'a', partition }),
    deliver: async (calls: readonly Call[], signal = new AbortController().signal) => {
      const sent = await deliverCalls(calls, deps, signal)
      return { ...sent, errors: sent.outcomes.map(errorOf) }
    },
  }
}

function errorOf(outcome: Outcome<unknown>): string | undefined {
  if (!('error' in outcome)) return undefined
  if (outcome.error instanceof KafkaRefusedError) return outcome.error.kafkaError
  return (outcome.error as Error).constructor.name
}
