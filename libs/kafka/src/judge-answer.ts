import { classifyKafkaError, KafkaRefusedError, kafkaErrorOf, toOutage } from './kafka-errors.ts'
import type { BatchAnswer } from './producer-session.ts'

/** What is to be done about a batch. */
export type Verdict =
  /** It is in the log; where is not known of one that Kafka knew already and whose place it has forgotten. */
  | { readonly kind: 'written'; readonly baseOffset: number | undefined }
  /** One of its records is to blame: the others are worth sending without it. Nothing was written. */
  | { readonly kind: 'divide'; readonly error: Error }
  /** Repeating does not help. Nothing was written. */
  | { readonly kind: 'refused'; readonly error: Error }
  /** Kafka has lost count of what this producer wrote: under another epoch it begins anew. */
  | { readonly kind: 'renumber'; readonly error: Error }
  /** Nobody knows, or it passes: the same batch comes again under the same number, and Kafka writes it once. */
  | { readonly kind: 'repeat'; readonly error: Error; readonly maybeWritten: boolean }

/** Refusals that one record causes. */
const RECORD_ERRORS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
])

/** What Kafka says of sequence numbers that it does not expect. */
const SEQUENCE_ERRORS: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
])

/** What we say ourselves where nothing was sent. */
const UNSENT: ReadonlySet<string> = new Set(['LEADER_NOT_AVAILABLE', 'BROKER_NOT_AVAILABLE'])

/** Reads an answer. @param calls how many have a record in the batch. Pure. */
export function judgeAnswer(answer: BatchAnswer, calls: () => number): Verdict {
  if ('baseOffset' in answer) return { kind: 'written', baseOffset: answer.baseOffset }
  const name = kafkaErrorOf(answer.error)
  if (name === 'DUPLICATE_SEQUENCE_NUMBER') return { kind: 'written', baseOffset: undefined }
  const error = classifyKafkaError(answer.error)
  if (name === undefined) return { kind: 'repeat', error, maybeWritten: true }
  if (SEQUENCE_ERRORS.has(name)) return { kind: 'renumber', error }
  if (RECORD_ERRORS.has(name) && calls() > 1) return { kind: 'divide', error }
  // A broker may not have heard of a topic yet; whether it exists is asked before the next try.
  const isLasting = error instanceof KafkaRefusedError && name !== 'UNKNOWN_TOPIC_OR_PARTITION'
  if (isLasting) return { kind: 'refused', error }
  // A leader that is replaced while it waits for its replicas says what it would have said before it wrote.
  const maybeWritten = !UNSENT.has(name)
  return { kind: 'repeat', error: toOutage(error), maybeWritten }
}
