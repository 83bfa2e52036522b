import { KafkaUnavailableError } from '@murmuration/kafka'
import type { OutcomeEntry } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { createOutcomeLog } from './outcome-log.ts'
import { createFakePublisher } from './testing/fake-publisher.ts'

function entryAt(offset: number): OutcomeEntry {
  const common = { eventId: null, kind: 'done', reason: null, attempt: 1, durationMs: 1, settledAt: 0 }
  return { topic: 'bird.messages.v1', offset, ...common }
}

function create() {
  const publisher = createFakePublisher()
  const log = createOutcomeLog({ groupId: 'g', member: 'm-0', publisher, now: () => 77 })
  /** partition: offsets of each record published */
  const published = () =>
    publisher.published.map((record) => {
      const event = (record.kind === 'event' ? record.event : {}) as { partition: number; entries: OutcomeEntry[] }
      return `${event.partition}: ${event.entries.map((entry) => entry.offset).join(' ')}`
    })
  return { publisher, log, published }
}

describe('createOutcomeLog', () => {
  it('publishes one record per partition, keyed by group and partition, entries in order', async () => {
    const { publisher, log, published } = create()
    log.add(3, entryAt(1))
    log.add(0, entryAt(9))
    log.add(3, entryAt(2))
    expect(log.size()).toBe(3)
    await log.flush()
    expect(published()).toEqual(['3: 1 2', '0: 9'])
    expect(publisher.published[0]).toMatchObject({
      kind: 'event',
      record: 'partition-outcomes',
      key: 'g:3',
      event: { group: 'g', type: 'outcomes.committed', partition: 3, member: 'm-0', reportedAt: 77 },
    })
    expect(log.size()).toBe(0)
  })

  it('publishes nothing when there is nothing', async () => {
    const { publisher, log } = create()
    await log.flush()
    expect(publisher.tries()).toBe(0)
  })

  it('keeps everything when Kafka is away, older entries first', async () => {
    const { publisher, log, published } = create()
    const outage = Promise.withResolvers<void>()
    publisher.answer(outage.promise)
    log.add(0, entryAt(1))
    const flushing = log.flush()
    log.add(0, entryAt(2))
    log.add(1, entryAt(5))
    outage.reject(new KafkaUnavailableError('away'))
    await expect(flushing).rejects.toThrow(KafkaUnavailableError)
    expect(log.size()).toBe(3)
    await log.flush()
    expect(published()).toEqual(['0: 1 2', '1: 5'])
  })

  it('does not lose what is added while it publishes', async () => {
    const { publisher, log, published } = create()
    const acknowledged = Promise.withResolvers<void>()
    publisher.answer(acknowledged.promise)
    log.add(0, entryAt(1))
    const flushing = log.flush()
    log.add(0, entryAt(2))
    acknowledged.resolve()
    await flushing
    expect(log.size()).toBe(1)
    await log.flush()
    expect(published()).toEqual(['0: 1', '0: 2'])
  })
})
