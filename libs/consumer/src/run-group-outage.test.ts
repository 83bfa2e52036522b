import { KafkaOverloadedError, KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from './partition/admission.ts'
import { ChosenError } from './testing/errors.ts'
import { createHarness, dlq, journalHandler, main, retry, turns } from './testing/harness.ts'

const at = (topic: string) => ({ topic, partition: 0 })
const refused = () => new KafkaRefusedError({ kafkaError: 'MESSAGE_TOO_LARGE' })
const firstTry = (handled: readonly string[]) => (id: string) =>
  id === 'a1' && handled.length === 0 ? new ChosenError('MUR_OUTBOUND_FAILED') : undefined

describe('runGroup, while Kafka refuses or is away', () => {
  it('appends nothing behind an append that was refused, so that the next owner handles it in its order', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled, firstTry(handled)) })
    // A heartbeat is under way when the consumer fails: the drain begins later.
    const { publisher, running } = await harness.join('m-0', ({ close }) => ({
      close: async () => {
        await harness.clock.delay(100, new AbortController().signal)
        await close()
      },
    }))
    await harness.pass(300)
    publisher.answer(refused())
    harness.give('a', 1)
    await turns(12)
    harness.give('a', 2)
    await harness.pass(1_500)
    await expect(running.ended).rejects.toThrow('MESSAGE_TOO_LARGE')
    expect(harness.cluster.records(at(retry))).toEqual([])
    await harness.join('m-1')
    await harness.pass(2_000)
    expect(handled).toEqual(['a1!', 'a1', 'a2'])
  })

  it.each([
    ['outcomes', 'MUR_OUTBOUND_FAILED', 'a1'],
    ['a dead letter', 'MUR_DATABASE_REFUSED', 'b1'],
  ] as const)('waits while Kafka takes less than comes: %s', async (_, code, failing) => {
    const handled: string[] = []
    const fails = (id: string) => (id === failing && failing === 'b1' ? new ChosenError(code) : undefined)
    const harness = createHarness({ handleEvent: journalHandler(handled, fails) })
    const { publisher, running } = await harness.join('m-0')
    await harness.pass(300)
    publisher.answer(new KafkaOverloadedError(), new KafkaOverloadedError())
    harness.give(failing.slice(0, 1), 1)
    await harness.pass(2_000)
    expect(harness.cluster.committed(at(main))?.offset).toBe(1)
    expect(harness.cluster.records(at(dlq))).toHaveLength(failing === 'b1' ? 1 : 0)
    expect(running.problem()).toBeUndefined()
  })

  it('handles no more than it may leave uncommitted, and goes on when Kafka is back', async () => {
    const handled: string[] = []
    const harness = createHarness({
      handleEvent: journalHandler(handled),
      consumer: { limits: { ...defaultLimits, maxUncommitted: 50, maxUnsettled: 20 } },
    })
    const { publisher, deps } = await harness.join('m-0')
    await harness.pass(300)
    publisher.answer(...Array.from({ length: 10 }, () => new KafkaUnavailableError('NOT_ENOUGH_REPLICAS')))
    for (let n = 0; n < 500; n += 1) harness.give(`k${n}`, 1)
    await harness.pass(1_900)
    expect(handled.length).toBeGreaterThanOrEqual(50)
    expect(handled.length).toBeLessThan(50 + 20)
    expect(deps.outcomes.size()).toBe(handled.length)
    await harness.pass(5_000)
    expect(handled).toHaveLength(500)
    expect(harness.cluster.committed(at(main))?.offset).toBe(500)
  })

  it('ends with what failed, also when it was closing by itself', async () => {
    const harness = createHarness({
      handleEvent: async () => {
        await harness.clock.delay(500, new AbortController().signal)
        throw new ChosenError('MUR_DATABASE_REFUSED')
      },
    })
    harness.give('a', 1)
    const { running, publisher } = await harness.join('m-0')
    await harness.pass(200)
    publisher.answer(refused())
    await Promise.all([running.close(), harness.pass(3_000)])
    await expect(running.ended).rejects.toThrow('MESSAGE_TOO_LARGE')
    expect(harness.lines.map(({ message }) => message)).toContain('the consumer stops')
    expect(harness.cluster.committed(at(main))?.offset).toBe(0)
  })

  it('takes the partitions that it can, and one without a leader as soon as it has one', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled), partitions: 2 })
    let isLed = false
    for (const partition of [0, 1]) {
      harness.cluster.append(
        { topic: main, partition },
        { key: Buffer.from('k'), value: Buffer.from(`in-${partition}`) },
      )
    }
    const { running } = await harness.join('m-0', ({ bounds }) => ({
      bounds: async (partitions) => {
        const lost = partitions.some(({ topic, partition }) => topic === main && partition === 1)
        if (lost && !isLed) throw new KafkaUnavailableError('no leader')
        return bounds(partitions)
      },
    }))
    await harness.pass(2_000)
    expect(handled).toEqual(['in-0'])
    expect(running.problem()).toBe(`can't ask Kafka for ${main}-1, see the log`)
    expect(harness.cluster.committed({ topic: main, partition: 0 })?.offset).toBe(1)
    isLed = true
    await harness.pass(1_000)
    expect(handled).toEqual(['in-0', 'in-1'])
    expect(running.problem()).toBeUndefined()
    expect(harness.cluster.committed({ topic: main, partition: 1 })?.offset).toBe(1)
  })

  it('takes none any more once it drains', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled), partitions: 2 })
    let isLed = false
    harness.cluster.append({ topic: main, partition: 1 }, { key: Buffer.from('k'), value: Buffer.from('in-1') })
    const { running } = await harness.join('m-0', ({ bounds }) => ({
      bounds: async (partitions) => {
        if (partitions.some(({ partition }) => partition === 1) && !isLed) throw new KafkaUnavailableError('no leader')
        return bounds(partitions)
      },
    }))
    await harness.pass(1_000)
    isLed = true
    await Promise.all([running.close(), harness.pass(3_000)])
    expect(handled).toEqual([])
    expect(harness.cluster.committed({ topic: main, partition: 1 })).toBeUndefined()
  })

  it('says so when it can not set records aside for long', async () => {
    const fails = () => new ChosenError('MUR_DATABASE_REFUSED')
    const harness = createHarness({ handleEvent: journalHandler([], fails) })
    const { publisher, running } = await harness.join('m-0')
    await harness.pass(300)
    publisher.answer(...Array.from({ length: 70 }, () => new KafkaUnavailableError('the DLQ has no such partition')))
    harness.give('a', 1)
    await harness.pass(20_000)
    expect(running.problem()).toBeUndefined()
    await harness.pass(14_000)
    expect(running.problem()).toBe('has not set records aside for 34 s, see the log')
    const stalled = /set_aside_stalled_seconds\{.*\} (.*)/
    expect(Number(stalled.exec((await harness.metrics.expose()).text)?.[1])).toBeGreaterThan(30)
    await harness.pass(5_000)
    expect(running.problem()).toBeUndefined()
    expect(harness.cluster.records(at(dlq))).toHaveLength(1)
    expect(Number(stalled.exec((await harness.metrics.expose()).text)?.[1])).toBe(0)
  })

  it('tries the last commit of an assignment again, as long as there is time', async () => {
    const handled: string[] = []
    const harness = createHarness({ handleEvent: journalHandler(handled) })
    const { publisher, running } = await harness.join('m-0')
    await harness.pass(300)
    harness.give('a', 1)
    await turns(10)
    publisher.answer(new KafkaUnavailableError('for a moment'), new KafkaUnavailableError('and another one'))
    await Promise.all([running.close(), harness.pass(2_000)])
    await harness.join('m-1')
    await harness.pass(1_000)
    expect(handled).toEqual(['a1'])
  })

  it('aborts calls at their deadline while a commit hangs', async () => {
    let abortedMs = Number.NaN
    const harness = createHarness({
      handleEvent: async ({ eventId }, { signal }) => {
        if (eventId === 'a1') return { kind: 'done' }
        signal.addEventListener('abort', () => {
          abortedMs = harness.clock.now()
        })
        return new Promise(() => {})
      },
      consumer: { callDeadlineMs: 1_000 },
    })
    const { publisher } = await harness.join('m-0')
    await harness.pass(300)
    publisher.answer(new Promise(() => {}))
    harness.give('a', 1)
    harness.give('b', 1)
    const givenMs = harness.clock.now()
    await harness.pass(1_500)
    expect(abortedMs - givenMs).toBeLessThan(1_400)
  })

  it('begins no call whose decoding outlasted the assignment', async () => {
    const decoding = Promise.withResolvers<void>()
    const handled: string[] = []
    const harness = createHarness({
      handleEvent: journalHandler(handled),
      consumer: {
        decodeNow: () => undefined,
        decode: async (_, value) => {
          if (handled.length === 0) await decoding.promise
          return { eventId: String(value), receivedAt: 0 }
        },
      },
    })
    harness.give('a', 1)
    const { source } = await harness.join('m-0')
    await harness.pass(300)
    source.freeze()
    harness.cluster.expire('m-0')
    source.thaw()
    await harness.pass(100)
    decoding.resolve()
    await harness.pass(1_000)
    expect(handled).toEqual(['a1'])
  })

  it('goes on when an outage is over, whatever was done to the wall clock meanwhile', async () => {
    const handled: string[] = []
    let down = true
    const fails = () => (down ? new ChosenError('MUR_DATABASE_UNAVAILABLE') : undefined)
    const harness = createHarness({ handleEvent: journalHandler(handled, fails) })
    harness.give('a', 1)
    await harness.join('m-0')
    await harness.pass(300)
    harness.clock.step(-600_000)
    down = false
    await harness.pass(2_000)
    expect(handled).toEqual(['a1!', 'a1'])
  })

  it('does not take a sink that hangs for one that is back', async () => {
    let state: 'down' | 'hanging' = 'down'
    let calls = 0
    const harness = createHarness({
      handleEvent: (_, { signal }) => {
        calls += 1
        if (state === 'down') return Promise.reject(new ChosenError('MUR_DATABASE_UNAVAILABLE'))
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
      consumer: { callDeadlineMs: 1_000 },
    })
    for (const key of ['a', 'b', 'c', 'd']) harness.give(key, 1)
    const { running } = await harness.join('m-0')
    await harness.pass(300)
    state = 'hanging'
    calls = 0
    await harness.pass(2_400)
    // The probe, and after its deadline at most the next one.
    expect(calls).toBeLessThanOrEqual(2)
    expect(running.problem()).toBe('waits for MUR_DATABASE_UNAVAILABLE')
    expect(harness.cluster.records(at(retry)).length).toBeLessThanOrEqual(1)
  })
})
