import { setTimeout as sleep } from 'node:timers/promises'
import { classifyKafkaError, KafkaRefusedError } from './kafka-errors.ts'
import type { ProducerSession, SentRequest, TopicMessage } from './producer-session.ts'

/** Before each repetition, ms: a leader change takes some hundred milliseconds. */
const REPEAT_AFTER_MS: readonly number[] = [50, 100, 200, 300, 300]

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
 */
export function createRepeatingSender(
  openSession: () => ProducerSession,
  onRepeat: () => void = () => undefined,
): RepeatingSender {
  let session: ProducerSession | undefined

  function open(): ProducerSession {
    session ??= openSession()
    return session
  }

  async function sendOnce(messages: readonly TopicMessage[], signal: AbortSignal): Promise<SentRequest> {
    signal.throwIfAborted()
    const current = open()
    const leave = () => {
      if (session === current) session = undefined
      current.destroy()
    }
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await current.send(messages)
    } catch (error) {
      const classified = classifyKafkaError(error)
      if (!isSoundAfter(classified)) leave()
      throw classified
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  return {
    warm: () => open().warm(),
    async send(messages, signal) {
      for (const delayMs of REPEAT_AFTER_MS) {
        try {
          return await sendOnce(messages, signal)
        } catch (error) {
          if (signal.aborted || error instanceof KafkaRefusedError) throw error
          await sleep(delayMs, undefined, { signal })
          onRepeat()
        }
      }
      return sendOnce(messages, signal)
    },
    close: async () => session?.close(),
  }
}

/** A refused record leaves the connections sound. A missing topic does not: the client asks for it ever after. */
function isSoundAfter(error: Error): boolean {
  return error instanceof KafkaRefusedError && error.kafkaError !== 'UNKNOWN_TOPIC_OR_PARTITION'
}
