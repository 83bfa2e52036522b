import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliverCalls } from './deliver-calls.ts'
import { createJavaPartitioner } from './java-partitioner.ts'
import { KafkaRefusedError, KafkaUnavailableError, PartitionUnknownError } from './kafka-errors.ts'
import { createProducerIdentity } from './producer-epoch.ts'
import type { ProducerSession } from './producer-session.ts'
import type { Call } from './route-calls.ts'
import type { Outcome } from './sent-batch.ts'
import { type BatchFault, createFakeBrokers, type FakeBrokersOptions } from './testing/fake-brokers.ts'

const REFUSED = 'MESSAGE_TOO_LARGE'
const MAX_LENGTH = 10

/** A call with one message for each partition of topic a that is named. */
function call(value: string, ...partitions: readonly number[]): Call {
  return (partitions.length === 0 ? [0] : partitions).map((partition) => ({
    topic: 'a',
    message: { partition, key: null, value },
  }))
}
const callTo = (topic: string, value: string): Call => [{ topic, message: { partition: 0, key: null, value } }]

function setUp(options: Partial<FakeBrokersOptions> = {}) {
  const brokers = createFakeBrokers({ topics: { a: 3, b: 1 }, maxValueLength: MAX_LENGTH, ...options })
  let session: ProducerSession | undefined
  let repeats = 0
  let findMissing = async (asked: ReadonlySet<string>) =>
    new Set([...asked].filter((topic) => topic !== 'a' && topic !== 'b'))
  const deps = {
    sessions: {
      current: () => {
        session ??= brokers.open()
        return session
      },
      drop: (left: ProducerSession) => {
        if (session !== left) return
        session = undefined
        left.destroy()
      },
    },
    identity: createProducerIdentity(),
    choose: createJavaPartitioner(),
    findMissing: (asked: ReadonlySet<string>) => findMissing(asked),
    suspects: new Set<string>(),
    onRepeat: () => {
      repeats += 1
    },
    wait: async (_: number, signal: AbortSignal) => signal.throwIfAborted(),
  }
  return {
    brokers,
    repeats: () => repeats,
    missing: (...topics: readonly string[]) => {
      findMissing = async () => new Set(topics)
    },
    log: (partition = 0) => brokers.log({ topic: 'a', partition }),
    deliver: async (calls: readonly Call[], signal = new AbortController().signal) => {
      const sent = await deliverCalls(calls, deps, signal)
      return { ...sent, errors: sent.outcomes.map(errorOf) }
    },
  }
}

function errorOf(outcome: Outcome<unknown>): string | undefined {
  if (!('error' in outcome)) return undefined
  if (outcome.error instanceof KafkaRefusedError) return outcome.error.kafkaError
  return (outcome.error as Error).constructor.name
}

describe('deliverCalls', () => {
  it('sends everything in one request, and tells where it is and the pause', async () => {
    const { brokers, deliver, log } = setUp()
    brokers.pauses = [300]
    const { errors, outcomes, pauseMs, isTooLarge } = await deliver([call('1', 0, 1), call('2'), callTo('b', '3')])
    expect(errors).toEqual([undefined, undefined, undefined])
    expect([pauseMs, isTooLarge]).toEqual([300, false])
    expect(brokers.requests).toEqual([['1', '2', '1', '3']])
    expect([log(0), log(1)]).toEqual([['1', '2'], ['1']])
    const [first] = outcomes
    expect(first && 'result' in first ? [first.result.endOf('a', 0), first.result.endOf('a', 2)] : []).toEqual([
      2,
      undefined,
    ])
  })

  it('counts for each partition by itself', async () => {
    const { brokers, deliver, log } = setUp()
    for (const values of [['1', '2', '3'], ['4'], ['5', '6']]) {
      await deliver([...values.map((value) => call(value, 0)), call(values.join(''), 1)])
    }
    await deliver([call('7', 1, 2), call('8', 0)])
    expect([log(0), log(1), log(2)]).toEqual([['1', '2', '3', '4', '5', '6', '8'], ['123', '4', '56', '7'], ['7']])
    // One request each, none of which Kafka found out of order.
    expect(brokers.epochs).toEqual([0, 0, 0, 0])
  })

  it('repeats what was not written, and nothing else', async () => {
    const { brokers, deliver, log, repeats } = setUp()
    let tries = 0
    brokers.faults = ({ partition }) => {
      tries += 1
      return partition === 1 && tries < 4 ? { error: 'NOT_LEADER_FOR_PARTITION' } : undefined
    }
    expect((await deliver([call('1', 0, 1), call('2', 0), call('3', 1)])).errors).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(brokers.requests).toEqual([
      ['1', '2', '1', '3'],
      ['1', '3'],
      ['1', '3'],
    ])
    expect([log(0), log(1), repeats()]).toEqual([['1', '2'], ['1', '3'], 2])
    // An answer of Kafka is no reason for other connections, but for asking who leads.
    expect(brokers.sessions).toEqual({ opened: 1, destroyed: 0, refreshed: 2 })
  })

  it.each<BatchFault>(['lost', 'unanswered', { error: 'REQUEST_TIMED_OUT', written: true }])(
    'writes a batch once whose fate is unknown (%j)',
    async (fault) => {
      const { brokers, deliver, log } = setUp()
      const faults = [undefined, fault, fault, undefined]
      brokers.faults = () => faults.shift()
      await deliver([call('0')])
      expect((await deliver([call('1'), call('2')])).errors).toEqual([undefined, undefined])
      expect((await deliver([call('3')])).errors).toEqual([undefined])
      expect([log(), new Set(brokers.epochs)]).toEqual([['0', '1', '2', '3'], new Set([0])])
    },
  )

  it('gives up after six tries, and says why; what it may have written can not come after what comes next', async () => {
    const { brokers, deliver, log } = setUp()
    brokers.faults = ({ partition }) => (partition === 1 ? 'late' : undefined)
    expect((await deliver([call('1', 1), call('2', 0)])).errors).toEqual(['KafkaUnavailableError', undefined])
    expect(brokers.requests).toHaveLength(6)
    brokers.faults = undefined
    expect((await deliver([call('3', 1), call('4', 0)])).errors).toEqual([undefined, undefined])
    brokers.deliverLate()
    expect([log(1), log(0)]).toEqual([['3'], ['2', '4']])
    expect(brokers.epochs.at(-1)).toBe(1)
  })

  it('lets the others wait for a partition that was given up once, and not again', async () => {
    const { brokers, deliver } = setUp()
    brokers.faults = ({ partition }) => (partition === 1 ? { error: 'NOT_ENOUGH_REPLICAS' } : undefined)
    await deliver([call('1', 1), call('2', 0)])
    await deliver([call('3', 1), call('4', 0)])
    expect(brokers.requests).toHaveLength(6 + 2)
    brokers.faults = undefined
    await deliver([call('5', 1)])
    brokers.faults = ({ partition }) => (partition === 1 ? { error: 'NOT_ENOUGH_REPLICAS' } : undefined)
    await deliver([call('6', 1)])
    expect(brokers.requests).toHaveLength(6 + 2 + 1 + 6)
  })

  it('tries over other connections when one failed', async () => {
    const { brokers, deliver } = setUp()
    brokers.prepareFaults.push('away', 'away')
    expect((await deliver([call('1')])).errors).toEqual([undefined])
    expect(brokers.sessions).toMatchObject({ opened: 3, destroyed: 2 })
  })

  it('waits over the same ones for a broker that has no producer ids in stock', async () => {
    const { brokers, deliver } = setUp()
    brokers.prepareFaults.push('GROUP_LOAD_IN_PROGRESS')
    expect((await deliver([call('1')])).errors).toEqual([undefined])
    expect(brokers.sessions).toMatchObject({ opened: 1, destroyed: 0 })
  })

  it('fails all of them when Kafka is away', async () => {
    const { brokers, deliver } = setUp()
    brokers.prepareFaults.push(...Array.from({ length: 6 }, () => 'away'))
    expect((await deliver([call('1'), call('2')])).errors).toEqual(['KafkaUnavailableError', 'KafkaUnavailableError'])
    expect(brokers.requests).toEqual([])
  })

  it('fails a record alone that is too large, and keeps the order of the others', async () => {
    const { brokers, deliver, log } = setUp()
    const large = 'x'.repeat(MAX_LENGTH + 1)
    const { errors, isTooLarge } = await deliver([call('1'), call('2', 0, 1), call(large), call('3')])
    expect([errors, isTooLarge]).toEqual([[undefined, undefined, REFUSED, undefined], false])
    expect(brokers.requests.slice(1)).toEqual([['1', '2'], [large], ['3']])
    expect([log(0), log(1)]).toEqual([['1', '2', '3'], ['2']])
  })

  it('fails each of several that are too large', async () => {
    const { deliver, log } = setUp()
    const large = (more: number) => call('x'.repeat(MAX_LENGTH + more))
    const { errors } = await deliver([large(1), call('1'), large(3), call('2'), large(2)])
    expect(errors).toEqual([REFUSED, undefined, REFUSED, undefined, REFUSED])
    expect(log()).toEqual(['1', '2'])
  })

  it('divides calls of one size, which together are too large, in halves, and says that they were', async () => {
    const { brokers, deliver, log } = setUp({ maxRecords: 4 })
    const values = Array.from({ length: 64 }, (_, at) => String(at).padStart(2, '0'))
    const { errors, isTooLarge } = await deliver(values.map((value) => call(value)))
    expect([errors.every((error) => error === undefined), isTooLarge]).toEqual([true, true])
    expect(brokers.requests.length).toBeLessThan(64)
    expect(log()).toEqual(values)
  })

  it('does not send a single refused call again', async () => {
    const { brokers, deliver } = setUp()
    expect((await deliver([call('x'.repeat(99))])).errors).toEqual([REFUSED])
    expect(brokers.requests).toHaveLength(1)
  })

  it('gives the number of a refused batch to the next one, but not when an earlier try may have used it', async () => {
    const { brokers, deliver, log } = setUp()
    await deliver([call('x'.repeat(99))])
    await deliver([call('1')])
    const faults: BatchFault[] = ['unanswered', { error: 'MESSAGE_TOO_LARGE' }]
    brokers.faults = () => faults.shift()
    expect((await deliver([call('2')])).errors).toEqual([REFUSED])
    expect((await deliver([call('3')])).errors).toEqual([undefined])
    expect([log(), brokers.epochs]).toEqual([
      ['1', '2', '3'],
      [0, 0, 0, 0, 1],
    ])
  })

  it('begins another epoch when Kafka has lost count', async () => {
    const { brokers, deliver, log } = setUp()
    const faults: (BatchFault | undefined)[] = [undefined, { error: 'UNKNOWN_PRODUCER_ID' }]
    brokers.faults = () => faults.shift()
    await deliver([call('1')])
    expect((await deliver([call('2')])).errors).toEqual([undefined])
    expect([log(), brokers.epochs]).toEqual([
      ['1', '2'],
      [0, 0, 1],
    ])
  })

  it('fails only the calls for partitions that a topic does not have, and writes nothing of them', async () => {
    const { brokers, deliver } = setUp()
    const { errors } = await deliver([call('1', 0), call('2', 5), call('3', 1), call('4', 0, 7), call('5', 5)])
    const [written, unknown] = [undefined, PartitionUnknownError.name]
    expect(errors).toEqual([written, unknown, written, unknown, unknown])
    expect(brokers.requests).toEqual([['1', '3']])
  })

  it('finds a partition that came with a growth of the topic', async () => {
    const { brokers, deliver, log } = setUp()
    await deliver([call('1', 0)])
    expect((await deliver([call('2', 3)])).errors).toEqual([PartitionUnknownError.name])
    brokers.setPartitions('a', 4)
    expect((await deliver([call('3', 3)])).errors).toEqual([undefined])
    expect(log(3)).toEqual(['3'])
  })

  it('fails only the calls whose topic is missing, and writes nothing of them', async () => {
    const { brokers, deliver } = setUp()
    const { errors } = await deliver([call('1'), [...call('raw'), ...callTo('c', 'typed')], call('2')])
    expect(errors).toEqual([undefined, 'UNKNOWN_TOPIC_OR_PARTITION', undefined])
    expect(brokers.requests).toEqual([['1', '2']])
  })

  it('fails what is left of calls whose topic goes away meanwhile', async () => {
    const { brokers, deliver, missing } = setUp()
    missing('a')
    brokers.faults = ({ topic }) => {
      if (topic === 'b') return undefined
      brokers.prepareFaults.push('UNKNOWN_TOPIC_OR_PARTITION')
      return { error: 'UNKNOWN_TOPIC_OR_PARTITION' }
    }
    const { errors } = await deliver([call('1'), callTo('b', '2'), [...callTo('b', '3'), ...call('3')]])
    expect(errors).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', undefined, 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(brokers.requests).toEqual([['1', '3', '2', '3']])
  })

  it('takes it for an outage when a broker does not know a topic that exists, and tries again', async () => {
    const { brokers, deliver, missing } = setUp()
    missing()
    brokers.prepareFaults.push('UNKNOWN_TOPIC_OR_PARTITION')
    expect((await deliver([call('1')])).errors).toEqual([undefined])
    brokers.prepareFaults.push(...Array.from({ length: 9 }, () => 'UNKNOWN_TOPIC_OR_PARTITION'))
    expect((await deliver([callTo('b', '2')])).errors).toEqual([KafkaUnavailableError.name])
  })

  it('does not repeat or divide what Kafka refuses for a reason that no record has', async () => {
    const { brokers, deliver } = setUp()
    brokers.faults = () => ({ error: 'TOPIC_AUTHORIZATION_FAILED' })
    const { errors } = await deliver([call('1'), call('2')])
    expect(errors).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED'])
    expect(brokers.requests).toHaveLength(1)
  })

  it('sends nothing more once it is told to leave, and what was under way can not come after what comes next', async () => {
    const { brokers, deliver, log } = setUp()
    await deliver([call('0')])
    const leaving = new AbortController()
    brokers.faults = () => {
      leaving.abort()
      return 'late'
    }
    await expect(deliver([call('1')], leaving.signal)).rejects.toThrow('aborted')
    brokers.faults = undefined
    expect((await deliver([call('2')])).errors).toEqual([undefined])
    brokers.deliverLate()
    expect([log(), brokers.requests, brokers.epochs]).toEqual([
      ['0', '2'],
      [['0'], ['1'], ['2']],
      [0, 0, 1],
    ])
    expect(brokers.sessions).toMatchObject({ opened: 2, destroyed: 1 })
  })

  it('writes each acknowledged call once and in order, and no other one twice, whatever happens to batches', async () => {
    const fault = fc.option(
      fc.constantFrom<BatchFault>(
        'lost',
        'unanswered',
        'late',
        { error: 'NOT_LEADER_FOR_PARTITION' },
        { error: 'NOT_LEADER_FOR_PARTITION', written: true },
        { error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', written: true },
      ),
      { nil: undefined, freq: 4 },
    )
    const oneCall = fc.record({
      partitions: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1 }),
      isLarge: fc.nat(9).map((n) => n === 0),
    })
    const oneRequest = fc.record({
      calls: fc.array(oneCall, { minLength: 1, maxLength: 5 }),
      faults: fc.array(fault, { minLength: 1, maxLength: 24 }),
      arriveLate: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(oneRequest, { maxLength: 8 }), async (requests) => {
        const { brokers, deliver, log } = setUp()
        const acknowledged: Call[] = []
        let count = 0
        for (const { calls, faults, arriveLate } of requests) {
          const sent = calls.map(({ partitions, isLarge }) => {
            count += 1
            return call(String(count).padStart(isLarge ? MAX_LENGTH + 1 : 1, '0'), ...partitions)
          })
          const left = [...faults]
          brokers.faults = () => left.shift()
          const { errors } = await deliver(sent)
          acknowledged.push(...sent.filter((_, at) => errors[at] === undefined))
          if (arriveLate) brokers.deliverLate()
        }
        brokers.deliverLate()
        for (const partition of [0, 1, 2]) {
          const expected = acknowledged.flat().filter(({ message }) => message.partition === partition)
          const wanted = new Set(expected.map(({ message }) => String(message.value)))
          const written = log(partition)
          expect(written.filter((value) => wanted.has(value))).toEqual([...wanted])
          expect(new Set(written).size).toBe(written.length)
        }
      }),
      { numRuns: 300 },
    )
  })
})
