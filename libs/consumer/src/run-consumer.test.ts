import { KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { runConsumer } from './run-consumer.ts'
import { ChosenError } from './testing/errors.ts'
import { createConsumerClock } from './testing/fake-clock.ts'
import { createHarness, recordAt, type SampleEvent, turns, until } from './testing/harness.ts'

const OPTIONS = { concurrency: 2, commitEveryMs: 200, drainMs: 5_000 }

/** A handler that a test ends, event by event. */
function gated() {
  const started: string[] = []
  const gates = new Map<string, PromiseWithResolvers<void>>()
  return {
    started,
    async handleEvent(event: SampleEvent) {
      const gate = Promise.withResolvers<void>()
      gates.set(event.eventId, gate)
      started.push(event.eventId)
      await gate.promise
      return { kind: 'done' } as const
    },
    finish: (eventId: string) => gates.get(eventId)?.resolve(),
    fail: (eventId: string, error: Error) => gates.get(eventId)?.reject(error),
  }
}

function start(handler = gated()) {
  const clock = createConsumerClock()
  const harness = createHarness({ handleEvent: handler.handleEvent, clock })
  const running = runConsumer(harness.deps, OPTIONS)
  return { ...harness, ...handler, clock, running }
}

describe('runConsumer', () => {
  it('has as many records in work as its concurrency, and commits on its ticks', async () => {
    const { source, started, finish, clock, journal, running } = start()
    for (const offset of [1, 2, 3]) source.give(recordAt(offset, { partition: offset }))
    await until(() => started.length === 2)
    finish('event-1')
    await until(() => started.length === 3)
    clock.advance(200)
    await until(() => journal.includes('commit 2'))
    expect(journal).toEqual(['done 1', 'report done 1', 'publish partition-outcomes', 'commit 2'])
    finish('event-2')
    finish('event-3')
    await running.close()
  })

  it('waits for what is under way when it closes, commits it, and only then leaves the group', async () => {
    const { source, started, finish, journal, running } = start()
    source.give(recordAt(1))
    await until(() => started.length === 1)
    const closing = running.close()
    source.give(recordAt(2))
    finish('event-1')
    await closing
    await running.ended
    expect(journal).toEqual(['done 1', 'report done 1', 'publish partition-outcomes', 'commit 2', 'close'])
    expect(started).toEqual(['event-1'])
  })

  it('closes once, however often it is asked to', async () => {
    const { journal, running } = start()
    await Promise.all([running.close(), running.close()])
    await running.close()
    expect(journal).toEqual(['close'])
  })

  it('leaves the group without a handler that does not end within the drain time, and does not commit its record', async () => {
    const { source, started, clock, journal, running } = start()
    source.give(recordAt(1))
    await until(() => started.length === 1)
    const closing = running.close()
    clock.advance(OPTIONS.drainMs)
    await closing
    expect(journal).toEqual(['close'])
  })

  it('ends promptly during a long retry delay, and settles nothing', async () => {
    const { source, started, fail, clock, journal, running } = start()
    source.give(recordAt(1))
    await until(() => started.length === 1)
    fail('event-1', new ChosenError('MUR_OUTBOUND_FAILED', { retryAfterMs: 3_600_000 }))
    await until(() => clock.sleepers() === 2)
    await running.close()
    await running.ended
    expect(journal).toEqual(['close'])
  })

  it('ends with the error that stopped it: the offset stays, what was settled is committed, the group is left', async () => {
    const { source, started, finish, fail, journal, running } = start()
    source.give(recordAt(1, { partition: 1 }))
    source.give(recordAt(2, { partition: 2 }))
    await until(() => started.length === 2)
    finish('event-1')
    await until(() => journal.length === 2)
    const error = new ChosenError('MUR_AUDIT_APPEND_FAILED')
    fail('event-2', error)
    await expect(running.ended).rejects.toBe(error)
    expect(journal).toEqual(['done 1', 'report done 1', 'publish partition-outcomes', 'commit 2', 'close'])
  })

  it('waits for the other handlers when one stops it: their records are not done twice', async () => {
    const { source, started, finish, fail, journal, running } = start()
    source.give(recordAt(1, { partition: 1 }))
    source.give(recordAt(2, { partition: 2 }))
    await until(() => started.length === 2)
    const error = new ChosenError('MUR_AUDIT_APPEND_FAILED')
    fail('event-2', error)
    const ended = expect(running.ended).rejects.toBe(error)
    await turns(50)
    expect(journal).toEqual([])
    finish('event-1')
    await ended
    expect(journal).toEqual(['done 1', 'report done 1', 'publish partition-outcomes', 'commit 2', 'close'])
  })

  it('stops without a mark when the DLQ cannot be written', async () => {
    const { source, publisher, started, fail, journal, running } = start()
    const refused = new KafkaRefusedError({ kafkaError: 'TOPIC_AUTHORIZATION_FAILED' })
    publisher.answer(refused)
    source.give(recordAt(1))
    await until(() => started.length === 1)
    fail('event-1', new ChosenError('MUR_DATABASE_REFUSED'))
    await expect(running.ended).rejects.toBe(refused)
    expect(journal).toEqual(['close'])
  })

  it('ends with the error of its group when the membership fails for good', async () => {
    const { source, running, journal } = start()
    const error = new KafkaRefusedError({ kafkaError: 'GROUP_AUTHORIZATION_FAILED' })
    source.fail(error)
    await expect(running.ended).rejects.toBe(error)
    expect(journal).toEqual(['close'])
  })

  it('ends when Kafka refuses a commit for good', async () => {
    const { source, started, finish, clock, running, journal } = start()
    const error = new KafkaRefusedError({ kafkaError: 'GROUP_AUTHORIZATION_FAILED' })
    source.refuseCommits(error)
    source.give(recordAt(1))
    await until(() => started.length === 1)
    finish('event-1')
    await until(() => journal.length === 2)
    clock.advance(200)
    await expect(running.ended).rejects.toBe(error)
    expect(source.closed()).toBe(true)
  })

  it('goes on over an outage of commits, and leaves the group even when the last one fails', async () => {
    const { source, started, finish, clock, running, lines } = start()
    source.refuseCommits(new KafkaUnavailableError('away'))
    source.give(recordAt(1))
    await until(() => started.length === 1)
    finish('event-1')
    await until(() => lines.some((line) => line.message === 'settled'))
    clock.advance(200)
    await until(() => lines.some((line) => line.message.startsWith('offsets could not be committed')))
    await running.close()
    await running.ended
    expect(source.commits).toEqual([])
    expect(source.closed()).toBe(true)
  })
})
