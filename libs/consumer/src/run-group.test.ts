import { KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { ChosenError } from './testing/errors.ts'
import { createHarness, dlq, headerOf, journalHandler, main, PLAN, retry } from './testing/harness.ts'

const at = (topic: string) => ({ topic, partition: 0 })

describe('runGroup', () => {
  it('handles the records of a key one after the other, and those of others beside them', async () => {
    const handled: string[] = []
    const gate = Promise.withResolvers<void>()
    const harness = createHarness({
      handleEvent: async ({ eventId }) => {
        handled.push(eventId)
        if (eventId === 'a1') await gate.promise
        return { kind: 'done' }
      },
    })
    harness.give('a', 1, 2)
    harness.give('b', 1, 2)
    await harness.join('m-0')
    await harness.pass(400)
    expect(handled).toEqual(['a1', 'b1', 'b2'])
    gate.resolve()
    await harness.pass(400)
    expect(handled).toEqual(['a1', 'b1', 'b2', 'a2'])
    expect(harness.cluster.committed(at(main))).toMatchObject({ offset: 4, metadata: '' })
  })

  it('parks a failing key with its later records, while other keys go on, and tries it again when it is due', async () => {
    const handled: string[] = []
    let down = true
    const fails = (eventId: string) => (eventId === 'a1' && down ? new ChosenError('MUR_OUTBOUND_FAILED') : undefined)
    const harness = createHarness({ handleEvent: journalHandler(handled, fails) })
    harness.give('a', 1, 2, 3)
    harness.give('b', 1)
    await harness.join('m-0')
    await harness.pass(600)
    expect(handled).toEqual(['a1!', 'b1'])
    const parked = harness.cluster.records(at(retry))
    expect(parked.map((record) => String(record.value))).toEqual(['a1', 'a2', 'a3'])
    expect(parked.map((record) => [headerOf(record, 'head'), headerOf(record, 'attempt')])).toEqual([
      ['1', '1'],
      ['0', '0'],
      ['0', '0'],
    ])
    expect(harness.cluster.committed(at(main))?.offset).toBe(4)
    down = false
    await harness.pass(2_000)
    expect(handled).toEqual(['a1!', 'b1', 'a1', 'a2', 'a3'])
    expect(harness.cluster.records(at(retry))).toEqual([])
  })

  it('never tries a parked record before its due time, also by a next owner', async () => {
    const calls: number[] = []
    const harness = createHarness({
      handleEvent: async () => {
        calls.push(harness.clock.now())
        throw new ChosenError('MUR_OUTBOUND_FAILED')
      },
    })
    harness.give('a', 1)
    const first = await harness.join('m-0')
    await harness.pass(500)
    first.source.kill()
    harness.cluster.expire('m-0')
    await harness.join('m-1')
    await harness.pass(8_000)
    const gaps = calls.slice(1).map((call, index) => call - (calls[index] as number))
    expect(gaps.length).toBeGreaterThan(2)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000)
    // The time since the first failure, so that it doubles.
    expect(gaps.at(-1)).toBeGreaterThan(gaps[0] as number)
  })

  it('sets a record aside before it commits past it, and goes on with its key', async () => {
    const handled: string[] = []
    const fails = (eventId: string) => (eventId === 'a1' ? new ChosenError('MUR_DATABASE_REFUSED') : undefined)
    const harness = createHarness({ handleEvent: journalHandler(handled, fails) })
    const away = Promise.withResolvers<void>()
    harness.give('a', 1, 2)
    const { publisher } = await harness.join('m-0')
    publisher.answer(away.promise)
    await harness.pass(600)
    expect(handled).toEqual(['a1!'])
    expect(harness.cluster.committed(at(main))?.offset).toBe(0)
    away.resolve()
    await harness.pass(600)
    expect(handled).toEqual(['a1!', 'a2'])
    expect(harness.cluster.records(at(dlq)).map((record) => headerOf(record, 'errorCode'))).toEqual([
      'MUR_DATABASE_REFUSED',
    ])
    expect(harness.cluster.committed(at(main))?.offset).toBe(2)
  })

  it('gives a record up when its budget is spent, and then its followers take effect', async () => {
    const handled: string[] = []
    const fails = (eventId: string) => (eventId === 'a1' ? new ChosenError('MUR_OUTBOUND_FAILED') : undefined)
    const harness = createHarness({
      handleEvent: journalHandler(handled, fails),
      consumer: { plan: { ...PLAN, budgetMs: 2_000 } },
    })
    harness.give('a', 1, 2)
    await harness.join('m-0')
    await harness.pass(6_000)
    expect(handled.at(-1)).toBe('a2')
    expect(harness.cluster.records(at(dlq)).map((record) => String(record.value))).toEqual(['a1'])
    const last = harness.cluster.records(at(dlq))[0]
    expect(last && headerOf(last, 'originOffset')).toBe('0')
    expect(last && headerOf(last, 'owner')).toBeUndefined()
  })

  it('waits with everything while a dependency is down, and lets one call probe it', async () => {
    const handled: string[] = []
    let down = true
    const fails = () => (down ? new ChosenError('MUR_DATABASE_UNAVAILABLE') : undefined)
    const harness = createHarness({ handleEvent: journalHandler(handled, fails), consumer: { concurrency: 1 } })
    for (const key of ['a', 'b', 'c']) harness.give(key, 1, 2)
    const { running } = await harness.join('m-0')
    await harness.pass(4_000)
    expect(running.problem()).toContain('MUR_DATABASE_UNAVAILABLE')
    // One at once, then after 0.5, 1 and 2 s.
    expect(handled.length).toBe(4)
    expect(harness.cluster.records(at(retry))).toEqual([])
    down = false
    await harness.pass(6_000)
    expect(handled.slice(4).toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
    expect(running.problem()).toBeUndefined()
  })

  it('repeats nothing when partitions move by a planned restart', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled), partitions: 2 })
    const first = await harness.join('m-0')
    harness.give('a', 1, 2, 3)
    await harness.pass(100)
    await Promise.all([first.running.close(), harness.pass(200)])
    await harness.join('m-1')
    harness.give('a', 4, 5)
    await harness.pass(500)
    expect(handled).toEqual(['a1', 'a2', 'a3', 'a4', 'a5'])
    await expect(first.running.ended).resolves.toBeUndefined()
  })

  it('repeats a suffix in order after a crash, and the key ends with its newest record', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    const first = await harness.join('m-0')
    await harness.pass(250)
    harness.give('a', 1, 2, 3)
    await harness.pass(50)
    expect(handled).toEqual(['a1', 'a2', 'a3'])
    first.source.kill()
    harness.cluster.expire('m-0')
    await harness.join('m-1')
    await harness.pass(500)
    expect(handled).toEqual(['a1', 'a2', 'a3', 'a1', 'a2', 'a3'])
  })

  it('starts nothing after its lease, though it holds the partition still', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    const { source } = await harness.join('m-0')
    await harness.pass(300)
    harness.give('a', 1)
    source.freeze()
    harness.clock.advance(7_000)
    await harness.pass(300)
    expect(handled).toEqual([])
    source.thaw()
    await harness.pass(500)
    expect(handled).toEqual(['a1'])
  })

  it('stops without a commit when the DLQ refuses a record', async () => {
    const fails = () => new ChosenError('MUR_DATABASE_REFUSED')
    const harness = createHarness({ handleEvent: journalHandler([], fails) })
    harness.give('a', 1)
    const { running, publisher } = await harness.join('m-0')
    publisher.answer(new KafkaRefusedError({ kafkaError: 'TOPIC_AUTHORIZATION_FAILED' }))
    const ended = expect(running.ended).rejects.toThrow(KafkaRefusedError)
    await harness.pass(500)
    await ended
    expect(harness.cluster.committed(at(main))?.offset).toBe(0)
  })

  it('offers a dead letter again until Kafka has it', async () => {
    const fails = () => new ChosenError('MUR_DATABASE_REFUSED')
    const harness = createHarness({ handleEvent: journalHandler([], fails) })
    harness.give('a', 1)
    const { publisher } = await harness.join('m-0')
    publisher.answer(new KafkaUnavailableError('away'), new KafkaUnavailableError('away'))
    await harness.pass(2_500)
    expect(harness.cluster.records(at(dlq)).length).toBe(1)
    expect(harness.cluster.committed(at(main))?.offset).toBe(1)
  })

  it('keeps records whose retry headers nobody can read out of the sink: they are dead letters', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    harness.cluster.append(at(retry), {
      key: Buffer.from('a'),
      value: Buffer.from('a1'),
      headers: { 'mur-attempt': 'x' },
    })
    await harness.join('m-0')
    harness.give('a', 2)
    await harness.pass(800)
    expect(handled).toEqual(['a2'])
    const [letter] = harness.cluster.records(at(dlq))
    expect(letter && headerOf(letter, 'errorCode')).toBe('headers-unreadable')
  })
})
