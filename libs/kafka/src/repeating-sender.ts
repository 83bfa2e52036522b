import { setTimeout as sleep } from 'node:timers/promises'
import { classifyKafkaError, KafkaRefusedError, PartitionUnknownError } from './kafka-errors.ts'
import type { ProducerSession, SentRequest, TopicMessage } from './producer-session.ts'

/** Before each repetition, ms: a leader change takes some hundred milliseconds. */
const REPEAT_AFTER_MS: readonly number[] = [50, 100, 200, 300, 300]
/** What a session this young knows of partitions is what the cluster says at present, ms. */
const FRESH_MS = 1_000

/** Sends requests over a session, and replaces it when it fails. */
export interface RepeatingSender {
  /** Opens the first session ahead of the first request. */
  warm(): void
  /**
   * One request; repeated as a whole, over a new session, when it failed.
   *
   * @param signal takes leave of it: its connections are broken, and it is not repeated
   * @throws {KafkaUnavailableError} @throws {KafkaRefusedError}
   */
  send(messages: readonly TopicMessage[], signal: AbortSignal): Promise<SentRequest>
  close(): Promise<void>
}

/**
 * Creates a sender.
 *
 * We repeat, not the client: when a partition's leader moves between two of its tries to a broker that had answered in
 * the first one, kafkajs skips that broker in the second, and tells as acknowledged what was written nowhere. A session
 * that failed is destroyed, so that no answer to a first try is taken for one to the second. What a broker has received of
 * the first it may still write, so each repetition may write everything once more; readers dedupe by event id.
 *
 * A partition that a session does not know is looked for by a new one at once, and given up when that does not know it
 * either: whoever shares the request with such a record should not wait for it.
 *
 * @param deps.nowMs monotonic, ms
 */
export function createRepeatingSender(deps: {
  readonly openSession: () => ProducerSession
  readonly onRepeat: () => void
  readonly nowMs: () => number
}): RepeatingSender {
  let opened: { readonly session: ProducerSession; readonly atMs: number } | undefined

  function open(): NonNullable<typeof opened> {
    opened ??= { session: deps.openSession(), atMs: deps.nowMs() }
    return opened
  }

  async function sendOnce(messages: readonly TopicMessage[], signal: AbortSignal): Promise<SentRequest> {
    signal.throwIfAborted()
    const current = open()
    const leave = () => {
      if (opened === current) opened = undefined
      current.session.destroy()
    }
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await current.session.send(messages)
    } catch (error) {
      const classified = classifyKafkaError(error)
      if (!isSoundAfter(classified, deps.nowMs() - current.atMs)) leave()
      throw classified
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** Waits until another try makes sense. @throws the error, when none does */
  async function beforeRepeat(error: unknown, delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || error instanceof KafkaRefusedError) throw error
    if (!(error instanceof PartitionUnknownError)) await sleep(delayMs, undefined, { signal })
    // The session was kept: it is so young that another one would know no better.
    else if (opened !== undefined) throw error
  }

  return {
    warm: () => open().session.warm(),
    async send(messages, signal) {
      for (const delayMs of REPEAT_AFTER_MS) {
        try {
          return await sendOnce(messages, signal)
        } catch (error) {
          await beforeRepeat(error, delayMs, signal)
          deps.onRepeat()
        }
      }
      return sendOnce(messages, signal)
    },
    close: async () => opened?.session.close(),
  }
}

/** A refused record leaves the connections sound. A missing topic does not: the client asks for it ever after. */
function isSoundAfter(error: Error, ageMs: number): boolean {
  if (error instanceof PartitionUnknownError) return ageMs < FRESH_MS
  return error instanceof KafkaRefusedError && error.kafkaError !== 'UNKNOWN_TOPIC_OR_PARTITION'
}
