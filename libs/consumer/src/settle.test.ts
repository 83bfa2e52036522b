import { headerNames, KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { type Attempts, settle } from './settle.ts'
import { createConsumerClock, createHastyClock } from './testing/fake-clock.ts'
import { createHarness, recordAt, until } from './testing/harness.ts'

const ATTEMPTS: Attempts = {
  eventId: 'event-5',
  attempt: 2,
  firstFailedAtMs: 1_767_225_000_000,
  durationMs: 12.4,
  receivedAtMs: null,
}
const DEAD = { kind: 'dead-letter', reason: 'MUR_DATABASE_REFUSED' } as const
const UNREADABLE = { kind: 'quarantine', reason: 'MUR_RECORD_CORRUPT' } as const

describe('settle', () => {
  it.each([{ kind: 'done' }, { kind: 'skip', reason: 'not-ours' }] as const)(
    'marks %o done, then reports it, and publishes nothing',
    async (outcome) => {
      const { deps, source, publisher, journal } = createHarness({})
      expect(await settle(source.give(recordAt(5)), outcome, ATTEMPTS, deps)).toBe(true)
      expect(journal).toEqual(['done 5', `report ${outcome.kind} 5`])
      expect(publisher.tries()).toBe(0)
    },
  )

  it('marks a dead letter done only after the DLQ acknowledged, and reports it after that', async () => {
    const { deps, source, publisher, journal } = createHarness({})
    const acknowledged = Promise.withResolvers<void>()
    publisher.answer(acknowledged.promise)
    const settling = settle(source.give(recordAt(5)), DEAD, ATTEMPTS, deps)
    await until(() => publisher.tries() === 1)
    expect(journal).toEqual([])
    acknowledged.resolve()
    await settling
    expect(journal).toEqual(['publish dead-letter', 'done 5', 'report dead-letter 5'])
  })

  it('moves a dead letter with its key, bytes, headers and partition, and says why', async () => {
    const { deps, source, publisher } = createHarness({})
    const value = Buffer.from([0, 0xff, 0xfe, 0])
    await settle(source.give(recordAt(5, { value })), DEAD, ATTEMPTS, deps)
    expect(publisher.published).toEqual([
      {
        kind: 'moved',
        topic: 'p.bird.messages.v1.group-a.dlq',
        partition: 4,
        key: Buffer.from('key'),
        value,
        headers: {
          traceparent: '00-a-b-01',
          [headerNames.group]: 'group-a',
          [headerNames.handler]: 'tests/1',
          [headerNames.errorCode]: 'MUR_DATABASE_REFUSED',
          [headerNames.attempt]: '2',
          [headerNames.firstFailedAt]: '1767225000000',
          [headerNames.originTopic]: 'p.bird.messages.v1',
          [headerNames.originPartition]: '4',
          [headerNames.originOffset]: '5',
        },
      },
    ])
  })

  it('quarantines a record with its bytes and its origin, as a record of the catalog', async () => {
    const { deps, source, publisher, journal } = createHarness({})
    const value = Buffer.from('not avro')
    await settle(source.give(recordAt(5, { value })), UNREADABLE, { ...ATTEMPTS, eventId: null }, deps)
    expect(publisher.published[0]).toMatchObject({
      kind: 'event',
      record: 'quarantined-record',
      key: null,
      event: {
        eventId: 'group-a:bird.messages.v1:4:5',
        type: 'quarantine.record',
        reason: 'MUR_RECORD_CORRUPT',
        group: 'group-a',
        originTopic: 'bird.messages.v1',
        originPartition: 4,
        originOffset: 5,
        key: Buffer.from('key'),
        body: value,
      },
      headers: { traceparent: '00-a-b-01', [headerNames.errorCode]: 'MUR_RECORD_CORRUPT' },
    })
    expect(journal).toEqual(['publish quarantined-record', 'done 5', 'report quarantine 5'])
  })

  it('quarantines a tombstone as no bytes', async () => {
    const { deps, source, publisher } = createHarness({})
    await settle(source.give(recordAt(5, { key: null, value: null })), UNREADABLE, ATTEMPTS, deps)
    expect(publisher.published[0]).toMatchObject({ event: { key: null, body: Buffer.alloc(0) } })
  })

  it('offers a dead letter again while Kafka is away, until it is acknowledged', async () => {
    const clock = createHastyClock()
    const { deps, source, publisher, journal } = createHarness({ clock })
    publisher.answer(...Array.from({ length: 5 }, () => new KafkaUnavailableError('away')))
    expect(await settle(source.give(recordAt(5)), DEAD, ATTEMPTS, deps)).toBe(true)
    expect(publisher.tries()).toBe(6)
    expect(clock.waited).toEqual([1_000, 1_000, 1_000, 1_000, 1_000])
    expect(journal).toEqual(['publish dead-letter', 'done 5', 'report dead-letter 5'])
  })

  it('neither marks nor reports a record when the DLQ refuses it', async () => {
    const { deps, source, publisher, journal } = createHarness({})
    publisher.answer(new KafkaRefusedError({ kafkaError: 'TOPIC_AUTHORIZATION_FAILED' }))
    await expect(settle(source.give(recordAt(5)), DEAD, ATTEMPTS, deps)).rejects.toThrow(KafkaRefusedError)
    expect(journal).toEqual([])
    expect(publisher.tries()).toBe(1)
  })

  it('gives up setting aside when the partition is lost: the new owner does it', async () => {
    const clock = createConsumerClock()
    const { deps, source, publisher, journal } = createHarness({ clock })
    publisher.answer(new KafkaUnavailableError('away'))
    const settling = settle(source.give(recordAt(5)), DEAD, ATTEMPTS, deps)
    await until(() => clock.sleepers() === 1)
    source.reassign()
    expect(await settling).toBe(false)
    expect(journal).toEqual([])
    expect(publisher.tries()).toBe(1)
  })

  it('leaves no mark at the source when the partition was lost while the record was handled', async () => {
    const { deps, source } = createHarness({})
    const delivery = source.give(recordAt(5))
    source.reassign()
    await settle(delivery, { kind: 'done' }, ATTEMPTS, deps)
    expect(source.settled).toEqual([])
    expect(source.uncommitted().positions).toEqual([])
  })

  it('reports no outcome of the pipeline’s own topics, or audit-log would feed itself', async () => {
    const { deps, source, journal, metrics } = createHarness({})
    const own = recordAt(5, { topic: 'p.pipeline.outcomes.v1' })
    await settle(source.give(own), { kind: 'done' }, ATTEMPTS, deps)
    expect(journal).toEqual(['done 5'])
    expect(deps.outcomes.size()).toBe(0)
    expect((await metrics.expose()).text).toContain(
      'murmuration_consumer_records_total{group="group-a",topic="pipeline.outcomes.v1",outcome="done"} 1',
    )
  })

  it('writes one log line with ids and codes, and nothing of the record’s content', async () => {
    const { deps, source, lines } = createHarness({})
    await settle(source.give(recordAt(5, { value: Buffer.from('secret text') })), DEAD, ATTEMPTS, deps)
    expect(lines).toEqual([
      {
        message: 'settled',
        group: 'group-a',
        topic: 'bird.messages.v1',
        partition: 4,
        offset: 5,
        eventId: 'event-5',
        attempt: 2,
        durationMs: 12,
        outcome: 'dead-letter',
        reason: 'MUR_DATABASE_REFUSED',
      },
    ])
  })
})
