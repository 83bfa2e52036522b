import type { KafkaRecord } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import type { HandleEvent, HandlerContext } from './handler.ts'
import { processRecord } from './process-record.ts'
import { ChosenError } from './testing/errors.ts'
import { createConsumerClock, createHastyClock } from './testing/fake-clock.ts'
import { createHarness, recordAt, type SampleEvent, until } from './testing/harness.ts'

const NEVER = new AbortController().signal
const FOR_NOW = new ChosenError('MUR_OUTBOUND_FAILED')
const OUTAGE = new ChosenError('MUR_DATABASE_UNAVAILABLE')
const CORRUPT = new ChosenError('MUR_RECORD_CORRUPT')

/** A handler that throws these errors first, and then succeeds. @returns what it was called with, too */
function failing(...errors: unknown[]) {
  const calls: HandlerContext[] = []
  const handleEvent: HandleEvent<SampleEvent> = async (_, context) => {
    calls.push(context)
    if (errors.length > 0) throw errors.shift()
    return { kind: 'done' }
  }
  return { handleEvent, calls }
}

describe('processRecord', () => {
  it('hands the event to the handler with where it comes from, and settles what the handler says', async () => {
    const calls: unknown[] = []
    const { deps, source, journal } = createHarness({
      handleEvent: async (event, { topic, partition, offset, attempt }) => {
        calls.push([event.eventId, topic, partition, offset, attempt])
        return { kind: 'skip', reason: 'not-ours' }
      },
    })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(calls).toEqual([['event-5', 'bird.messages.v1', 4, 5n, 1]])
    expect(journal).toEqual(['done 5', 'report skip 5'])
  })

  it('tries again in place, at the due times of the plan, and counts the attempts', async () => {
    const clock = createHastyClock()
    const { handleEvent, calls } = failing(FOR_NOW, new TypeError('defect'))
    const { deps, source, journal, lines } = createHarness({ handleEvent, clock })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(calls.map((call) => call.attempt)).toEqual([1, 2, 3])
    expect(clock.waited).toEqual([100, 100])
    expect(journal).toEqual(['done 5', 'report done 5'])
    expect(lines.at(-1)).toMatchObject({ message: 'settled', attempt: 3, outcome: 'done' })
  })

  it('sets a record aside when its attempts are spent', async () => {
    const { handleEvent, calls } = failing(FOR_NOW, FOR_NOW, FOR_NOW, FOR_NOW)
    const { deps, source, journal } = createHarness({ handleEvent })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(calls).toHaveLength(3)
    expect(journal).toEqual(['publish dead-letter', 'done 5', 'report dead-letter 5'])
  })

  it('counts no attempt while a dependency is down, and asks again every second', async () => {
    const clock = createHastyClock()
    const { handleEvent, calls } = failing(...Array.from({ length: 20 }, () => OUTAGE))
    const { deps, source, publisher } = createHarness({ handleEvent, clock })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(calls.map((call) => call.attempt)).toEqual(Array.from({ length: 21 }, () => 1))
    expect(clock.waited).toEqual(Array.from({ length: 20 }, () => 1_000))
    expect(publisher.tries()).toBe(0)
  })

  it('does not count an outage into the time since the first failure: the retry after it comes soon', async () => {
    const clock = createHastyClock()
    const { handleEvent } = failing(...Array.from({ length: 20 }, () => OUTAGE), FOR_NOW)
    const { deps, source } = createHarness({ handleEvent, clock })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(clock.waited.at(-1)).toBe(100)
  })

  it('shows what it waits for, as long as it waits', async () => {
    const clock = createConsumerClock()
    const { handleEvent } = failing(OUTAGE)
    const { deps, source, metrics } = createHarness({ handleEvent, clock })
    const gauge = 'murmuration_consumer_waiting{group="group-a",dependency="MUR_DATABASE_UNAVAILABLE"}'
    const processing = processRecord(source.give(recordAt(5)), NEVER, deps)
    await until(() => clock.sleepers() === 1)
    expect((await metrics.expose()).text).toContain(`${gauge} 1`)
    clock.advance(1_000)
    await processing
    expect((await metrics.expose()).text).toContain(`${gauge} 0`)
  })

  it('waits for a registry that is away, and decodes again', async () => {
    const answers: (() => Promise<SampleEvent>)[] = [
      () => Promise.reject(new ChosenError('MUR_REGISTRY_UNAVAILABLE')),
      async () => ({ eventId: 'e', receivedAt: 0 }),
    ]
    const decode = async () => answers.shift()?.() ?? Promise.reject(new Error('once too often'))
    const { deps, source, journal } = createHarness({ consumer: { decode } })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(journal).toEqual(['done 5', 'report done 5'])
  })

  it('quarantines what nobody can decode, at once', async () => {
    const { handleEvent, calls } = failing()
    const { deps, source, journal } = createHarness({
      handleEvent,
      consumer: { decode: () => Promise.reject(CORRUPT) },
    })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(calls).toEqual([])
    expect(journal).toEqual(['publish quarantined-record', 'done 5', 'report quarantine 5'])
  })

  it('gives what nobody can decode to the handler for it, where there is one, instead of quarantine', async () => {
    const seen: KafkaRecord[] = []
    const record = recordAt(5)
    const { deps, source, journal } = createHarness({
      consumer: {
        decode: () => Promise.reject(CORRUPT),
        handleUndecodable: async (undecodable) => {
          seen.push(undecodable)
          return { kind: 'done' }
        },
      },
    })
    await processRecord(source.give(record), NEVER, deps)
    expect(seen).toEqual([record])
    expect(journal).toEqual(['done 5', 'report done 5'])
  })

  it('stops with the error, and leaves the offset where it is', async () => {
    const error = new ChosenError('MUR_AUDIT_APPEND_FAILED')
    const { deps, source, journal } = createHarness({ handleEvent: failing(error).handleEvent })
    await expect(processRecord(source.give(recordAt(5)), NEVER, deps)).rejects.toBe(error)
    expect(journal).toEqual([])
  })

  it('stops in front of an undecodable record where nothing may be set aside', async () => {
    const plan = { maxAttempts: 3, minDelayMs: 1, maxDelayMs: 1, whenSpent: 'stop' } as const
    const { deps, source, journal } = createHarness({ consumer: { plan, decode: () => Promise.reject(CORRUPT) } })
    await expect(processRecord(source.give(recordAt(5)), NEVER, deps)).rejects.toBe(CORRUPT)
    expect(journal).toEqual([])
  })

  it('ends a long wait at once when the service stops, and settles nothing', async () => {
    const clock = createConsumerClock()
    const stopping = new AbortController()
    const { handleEvent, calls } = failing(new ChosenError('MUR_OUTBOUND_FAILED', { retryAfterMs: 3_600_000 }))
    const { deps, source, journal } = createHarness({ handleEvent, clock })
    const processing = processRecord(source.give(recordAt(5)), stopping.signal, deps)
    await until(() => clock.sleepers() === 1)
    stopping.abort()
    await processing
    expect(calls).toHaveLength(1)
    expect(journal).toEqual([])
  })

  it('settles an attempt that succeeds although the service stops meanwhile', async () => {
    const stopping = new AbortController()
    const { deps, source, journal } = createHarness({
      handleEvent: async () => {
        stopping.abort()
        return { kind: 'done' }
      },
    })
    await processRecord(source.give(recordAt(5)), stopping.signal, deps)
    expect(journal).toEqual(['done 5', 'report done 5'])
  })

  it('does not take it as a failure that a handler gave up because its partition was lost', async () => {
    const { deps, source, journal, lines } = createHarness({
      handleEvent: async (_, { signal }) => {
        source.reassign()
        signal.throwIfAborted()
        return { kind: 'done' }
      },
    })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(journal).toEqual([])
    expect(lines).toEqual([])
  })

  it('tells in log and metrics what failed, and quotes no foreign message', async () => {
    const { handleEvent } = failing(new RangeError('bad number +570000000000'))
    const { deps, source, lines, metrics } = createHarness({ handleEvent })
    await processRecord(source.give(recordAt(5)), NEVER, deps)
    expect(lines[0]).toMatchObject({
      message: 'an attempt failed',
      topic: 'p.bird.messages.v1',
      offset: '5',
      eventId: 'event-5',
      attempt: 1,
      errorCode: 'MUR_UNCLASSIFIED',
      error: 'RangeError',
    })
    expect(JSON.stringify(lines)).not.toContain('+570000000000')
    const { text } = await metrics.expose()
    expect(text).toContain('murmuration_consumer_errors_total{group="group-a",code="MUR_UNCLASSIFIED"} 1')
    expect(text).toContain('murmuration_consumer_handler_seconds_count{group="group-a",topic="bird.messages.v1"} 2')
    expect(text).toContain('murmuration_consumer_end_to_end_seconds_count{group="group-a"} 1')
  })
})
