import { headerNames, type KafkaRecord, type TopicNames, type TopicReader } from '@murmuration/kafka'
import type { Lane } from './choose-consumers.ts'
import { type KnownRedrive, redriveIdOf, toFirstId, toLetterState } from './operation.ts'
import { type RetryPartition, readRetryPartitions } from './read-parked.ts'
import type { DeadLetter, SetAsideRecord } from './set-aside-record.ts'

/** The offset of a record whose headers do not tell it. */
const UNKNOWN = -1

/** What is known of letters that were put back. */
export interface RedriveTraces {
  /** By the id of a letter's first redrive. */
  readonly known: ReadonlyMap<string, KnownRedrive>
  /** Retry partitions of the letters' lane, by partition. */
  readonly retry: ReadonlyMap<number, RetryTrace>
}

/** What a retry partition holds of letters. */
export interface RetryTrace {
  readonly low: number
  readonly high: number
  /** By the id of a letter's first redrive. */
  readonly holds: ReadonlyMap<string, 'waiting' | 'settled'>
}

/** Looks for letters in the retry partitions of a lane. @throws as `readRetryPartitions` */
export async function readRetryTraces(
  lane: Lane,
  cluster: { readonly reader: TopicReader; readonly names: TopicNames },
): Promise<ReadonlyMap<number, RetryTrace>> {
  const traces = new Map<number, RetryTrace>()
  for await (const partition of readRetryPartitions(lane, cluster)) {
    traces.set(partition.bounds.partition, toTrace(partition))
  }
  return traces
}

function toTrace({ bounds, records, parked }: RetryPartition): RetryTrace {
  const waiting = new Set(parked.map(({ record }) => record.offset))
  const holds = new Map<string, 'waiting' | 'settled'>()
  for (const record of records) {
    const id = redriveOf(record)
    if (id === undefined) continue
    if (waiting.has(record.offset)) holds.set(id, 'waiting')
    else if (!holds.has(id)) holds.set(id, 'settled')
  }
  return { low: bounds.low, high: bounds.high, holds }
}

function redriveOf({ headers }: KafkaRecord): string | undefined {
  const run = headers[headerNames.redriveRun]
  return run === undefined ? undefined : toFirstId(String(run))
}

/** Reads the dead letters of a lane. @throws {KafkaUnavailableError} @throws {KafkaRefusedError} */
export async function readLetters(
  lane: Lane,
  { reader }: { readonly reader: TopicReader },
  input: { readonly traces: RedriveTraces; readonly onLetters: (letters: readonly DeadLetter[]) => Promise<void> },
): Promise<void> {
  for (const range of await reader.held(lane.deadLetterTopic)) {
    const seen = new Set<string>()
    await reader.read(range, async (records) => {
      await input.onLetters(records.map((record) => toDeadLetter(record, lane, { ...input.traces, seen })))
    })
  }
}

/**
 * A dead letter, from a record of the DLQ of a lane.
 *
 * @param input.seen names of the letters before it in its partition: a crash right after a letter was written has it
 *   written again. One that was put back and died again has another name.
 */
export function toDeadLetter(
  record: KafkaRecord,
  lane: Lane,
  input: RedriveTraces & { readonly seen: Set<string> },
): DeadLetter {
  const firstFailedAtMs = numberOf(record, headerNames.firstFailedAt)
  const letter: SetAsideRecord = {
    consumer: lane.consumer,
    topic: lane.topic,
    partition: record.partition,
    offset: numberOf(record, headerNames.originOffset) ?? UNKNOWN,
    eventId: undefined,
    reason: String(record.headers[headerNames.errorCode] ?? ''),
    tries: numberOf(record, headerNames.attempt) ?? 0,
    firstFailedAtMs,
    setAsideAtMs: record.timestampMs,
    record,
  }
  const id = redriveIdOf(letter)
  const known = input.known.get(id)
  const trace = input.retry.get(record.partition)
  const name = [letter.offset, record.headers[headerNames.redriveRun]].join(' ')
  const isCopy = letter.offset !== UNKNOWN && input.seen.has(name)
  input.seen.add(name)
  const state = isCopy ? 'copy' : toLetterState(known, { low: trace?.low ?? 0, holds: trace?.holds.get(id) })
  return { ...letter, state, redrivenBy: known }
}

function numberOf({ headers }: KafkaRecord, name: string): number | null {
  const text = headers[name] === undefined ? '' : String(headers[name])
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}
