import { KafkaJSProtocolError } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KafkaRefusedError, KafkaUnavailableError, PartitionUnknownError } from './kafka-errors.ts'
import type { ProducerSession, TopicMessage } from './producer-session.ts'
import { createRepeatingSender } from './repeating-sender.ts'

type Try = 'acknowledge' | 'hang' | 'unknown partition' | string

const sent = { pauseMs: 7, receipt: { endOf: () => 1 } }
const messages: readonly TopicMessage[] = [{ topic: 'a', message: { key: 'k', value: 'v' } }]

/** A cluster that answers the tries in turn, each over whichever session it comes: with an error of that name, or so. */
function given(...tries: readonly Try[]) {
  const left = [...tries]
  const log: string[] = []
  let opened = 0
  const open = (): ProducerSession => {
    opened += 1
    const name = `session ${opened}`
    return {
      warm: () => log.push(`${name} warmed`),
      send: async () => {
        const answer = left.shift() ?? 'acknowledge'
        log.push(`${name} ${answer}`)
        if (answer === 'acknowledge') return sent
        if (answer === 'unknown partition') throw new PartitionUnknownError({ topic: 'a', partition: 5 })
        if (answer === 'hang') return new Promise<never>(() => undefined)
        throw new KafkaJSProtocolError(Object.assign(new Error(answer), { type: answer, code: 1, retriable: true }))
      },
      destroy: () => log.push(`${name} destroyed`),
      close: async () => void log.push(`${name} closed`),
    }
  }
  const sender = createRepeatingSender({
    openSession: open,
    onRepeat: () => log.push('repeated'),
    nowMs: () => performance.now(),
  })
  return { log, sender }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('createRepeatingSender', () => {
  it('sends over one session as long as all is well, and tells the pause', async () => {
    const { log, sender } = given()
    sender.warm()
    const { signal } = new AbortController()
    expect([await sender.send(messages, signal), await sender.send(messages, signal)]).toEqual([sent, sent])
    await sender.close()
    expect(log).toEqual(['session 1 warmed', 'session 1 acknowledge', 'session 1 acknowledge', 'session 1 closed'])
  })

  it('repeats a failed request as a whole, over a new session, and never beside the old one', async () => {
    const { log, sender } = given('NOT_LEADER_FOR_PARTITION', 'acknowledge')
    const result = sender.send(messages, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await result).toBe(sent)
    expect(log).toEqual([
      'session 1 NOT_LEADER_FOR_PARTITION',
      'session 1 destroyed',
      'repeated',
      'session 2 acknowledge',
    ])
  })

  it('gives up after six tries, and says why', async () => {
    const { log, sender } = given(...Array.from({ length: 9 }, () => 'NOT_ENOUGH_REPLICAS'))
    const sent = sender.send(messages, new AbortController().signal).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await sent).toBeInstanceOf(KafkaUnavailableError)
    expect(log.filter((line) => line.endsWith('NOT_ENOUGH_REPLICAS'))).toHaveLength(6)
  })

  it('does not repeat what Kafka refuses, and keeps the session', async () => {
    const { log, sender } = given('MESSAGE_TOO_LARGE')
    const { signal } = new AbortController()
    await expect(sender.send(messages, signal)).rejects.toBeInstanceOf(KafkaRefusedError)
    await sender.send(messages, signal)
    expect(log).toEqual(['session 1 MESSAGE_TOO_LARGE', 'session 1 acknowledge'])
  })

  it('replaces the session after a missing topic: the client would ask for it ever after', async () => {
    const { log, sender } = given('UNKNOWN_TOPIC_OR_PARTITION')
    const { signal } = new AbortController()
    await expect(sender.send(messages, signal)).rejects.toBeInstanceOf(KafkaRefusedError)
    await sender.send(messages, signal)
    expect(log.slice(1)).toEqual(['session 1 destroyed', 'session 2 acknowledge'])
  })

  it('breaks the connections of a request that it is told to leave, and sends the next one over others', async () => {
    const { log, sender } = given('hang')
    const leaving = new AbortController()
    void sender.send(messages, leaving.signal).catch(() => undefined)
    await vi.advanceTimersByTimeAsync(0)
    leaving.abort()
    await sender.send(messages, new AbortController().signal)
    expect(log).toEqual(['session 1 hang', 'session 1 destroyed', 'session 2 acknowledge'])
  })

  it('does not repeat a request that it was told to leave meanwhile', async () => {
    const { log, sender } = given('NOT_LEADER_FOR_PARTITION')
    const leaving = new AbortController()
    const sent = sender.send(messages, leaving.signal).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10)
    leaving.abort()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await sent).toBeInstanceOf(Error)
    expect(log).toEqual(['session 1 NOT_LEADER_FOR_PARTITION', 'session 1 destroyed'])
  })

  it('looks for a partition that it does not know over a new session at once, and finds it where it came meanwhile', async () => {
    const { log, sender } = given('acknowledge', 'unknown partition', 'acknowledge')
    const { signal } = new AbortController()
    await sender.send(messages, signal)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await sender.send(messages, signal)).toBe(sent)
    expect(log.slice(1)).toEqual([
      'session 1 unknown partition',
      'session 1 destroyed',
      'repeated',
      'session 2 acknowledge',
    ])
  })

  it('gives up a partition that a new session does not know either, and keeps that session', async () => {
    const { log, sender } = given('acknowledge', 'unknown partition', 'unknown partition', 'unknown partition')
    const { signal } = new AbortController()
    await sender.send(messages, signal)
    await vi.advanceTimersByTimeAsync(1_000)
    const failed = sender.send(messages, signal)
    await expect(failed).rejects.toBeInstanceOf(KafkaUnavailableError)
    await expect(sender.send(messages, signal)).rejects.toBeInstanceOf(PartitionUnknownError)
    expect(log.filter((line) => line.endsWith('destroyed'))).toEqual(['session 1 destroyed'])
    expect(log.at(-1)).toBe('session 2 unknown partition')
  })
})
