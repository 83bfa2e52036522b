import { KafkaRefusedError, KafkaUnavailableError, PartitionUnknownError } from './kafka-errors.ts'
import type { SentRequest, TopicMessage } from './producer-session.ts'
import type { PublishReceipt } from './publish-receipt.ts'
import type { Outcome, SentBatch } from './sent-batch.ts'

/** The messages of one `publish`: they are acknowledged together or not at all. */
export type Call = readonly TopicMessage[]

/** What delivery needs. */
export interface DeliverDeps {
  /** One produce request. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
  readonly send: (messages: readonly TopicMessage[]) => Promise<SentRequest>
  /** Which of the topics do not exist. @throws {KafkaUnavailableError} */
  readonly findMissing: (topics: ReadonlySet<string>) => Promise<ReadonlySet<string>>
}

/** Refusals that one record causes, so that the others are worth sending without it. */
const RECORD_ERRORS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
])

const ABOUT_AS_LARGE = 0.9

/**
 * Sends calls in one request, and says what became of each.
 *
 * When Kafka refuses, the bad call fails alone. A call whose topic or partition is missing is left out. Where one record is to blame,
 * the client does not say which, so the largest call goes by itself, after those before it and before those after it:
 * order stays. What an earlier request had already written is then written twice; readers dedupe by event id. Should all
 * of them be written so, none was to blame, but that together they were too large: `isTooLarge` says so.
 */
export async function deliverCalls(calls: readonly Call[], deps: DeliverDeps): Promise<SentBatch<PublishReceipt>> {
  if (calls.length === 0) return { outcomes: [], pauseMs: 0 }
  try {
    const { pauseMs, receipt } = await deps.send(calls.flat())
    const outcome = { result: receipt }
    return { outcomes: calls.map(() => outcome), pauseMs }
  } catch (error) {
    if (error instanceof PartitionUnknownError) return deliverElsewhere(calls, error, deps)
    if (!(error instanceof KafkaRefusedError)) return failAll(calls, error)
    if (error.kafkaError === 'UNKNOWN_TOPIC_OR_PARTITION') return deliverToExisting(calls, error, deps)
    if (calls.length === 1 || !RECORD_ERRORS.has(error.kafkaError)) return failAll(calls, error)
    return deliverAroundLargest(calls, deps)
  }
}

async function deliverAroundLargest(calls: readonly Call[], deps: DeliverDeps): Promise<SentBatch<PublishReceipt>> {
  const at = indexOfLargest(calls)
  const outcomes: Outcome<PublishReceipt>[] = []
  let pauseMs = 0
  for (const part of [calls.slice(0, at), calls.slice(at, at + 1), calls.slice(at + 1)]) {
    const sent = await deliverCalls(part, deps)
    outcomes.push(...sent.outcomes)
    pauseMs = Math.max(pauseMs, sent.pauseMs)
  }
  return { outcomes, pauseMs, isTooLarge: outcomes.every((outcome) => 'result' in outcome) }
}

function failAll(calls: readonly Call[], error: unknown): SentBatch<never> {
  return { outcomes: calls.map(() => ({ error })), pauseMs: 0 }
}

async function deliverToExisting(
  calls: readonly Call[],
  error: KafkaRefusedError,
  deps: DeliverDeps,
): Promise<SentBatch<PublishReceipt>> {
  let missing: ReadonlySet<string>
  try {
    missing = await deps.findMissing(new Set(calls.flat().map(({ topic }) => topic)))
  } catch (failure) {
    return failAll(calls, failure)
  }
  const isBad = (call: Call) => call.some(({ topic }) => missing.has(topic))
  // None is missing: it was created meanwhile, or one broker has not heard of it yet. The next request will find it.
  if (!calls.some(isBad)) {
    return failAll(calls, new KafkaUnavailableError('a broker does not know a topic that exists', { cause: error }))
  }
  return deliverWithout(isBad, calls, error, deps)
}

function deliverElsewhere(
  calls: readonly Call[],
  error: PartitionUnknownError,
  deps: DeliverDeps,
): Promise<SentBatch<PublishReceipt>> {
  const isBad = (call: Call) =>
    call.some(({ topic, message }) => topic === error.topic && message.partition === error.partition)
  return deliverWithout(isBad, calls, error, deps)
}

async function deliverWithout(
  isBad: (call: Call) => boolean,
  calls: readonly Call[],
  error: Error,
  deps: DeliverDeps,
): Promise<SentBatch<PublishReceipt>> {
  const good = calls.filter((call) => !isBad(call))
  // Whatever is to blame is in one of them; or else this would not end.
  if (good.length === calls.length) return failAll(calls, error)
  const sent = await deliverCalls(good, deps)
  const outcomes = sent.outcomes.values()
  return { ...sent, outcomes: calls.map((call) => (isBad(call) ? undefined : outcomes.next().value) ?? { error }) }
}

/** Bytes of a message's key, value and headers. */
export function sizeOfMessage({ message }: TopicMessage): number {
  let bytes = message.value?.length ?? 0
  bytes += message.key?.length ?? 0
  for (const name in message.headers) bytes += name.length + (message.headers[name]?.length ?? 0)
  return bytes
}

/** Of several that are about as large, the one nearest to the middle: halves are divided in few steps. */
function indexOfLargest(calls: readonly Call[]): number {
  const sizes = calls.map((call) => Math.max(0, ...call.map(sizeOfMessage)))
  const least = Math.max(...sizes) * ABOUT_AS_LARGE
  const middle = (calls.length - 1) / 2
  const large = [...sizes.keys()].filter((at) => (sizes[at] ?? 0) >= least)
  return large.reduce((best, at) => (Math.abs(at - middle) < Math.abs(best - middle) ? at : best))
}
