import { describe, expect, it } from 'vitest'
import { call, callTo, MAX_LENGTH, setUpDelivery } from './deliver-calls.fixture.ts'
import { KafkaUnavailableError, PartitionUnknownError } from './kafka-errors.ts'
import type { BatchFault } from './testing/fake-brokers.ts'

const REFUSED = 'MESSAGE_TOO_LARGE'

describe('deliverCalls', () => {
  it('sends everything in one request, and tells where it is and the pause', async () => {
    const { brokers, deliver, log } = setUpDelivery()
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
    const { brokers, deliver, log } = setUpDelivery()
    for (const values of [['1', '2', '3'], ['4'], ['5', '6']]) {
      await deliver([...values.map((value) => call(value, 0)), call(values.join(''), 1)])
    }
    await deliver([call('7', 1, 2), call('8', 0)])
    expect([log(0), log(1), log(2)]).toEqual([['1', '2', '3', '4', '5', '6', '8'], ['123', '4', '56', '7'], ['7']])
    // One request each, none of which Kafka found out of order.
    expect(brokers.epochs).toEqual([0, 0, 0, 0])
  })

  it('repeats what was not written, and nothing else', async () => {
    const { brokers, deliver, log, repeats } = setUpDelivery()
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
      const { brokers, deliver, log } = setUpDelivery()
      const faults = [undefined, fault, fault, undefined]
      brokers.faults = () => faults.shift()
      await deliver([call('0')])
      expect((await deliver([call('1'), call('2')])).errors).toEqual([undefined, undefined])
      expect((await deliver([call('3')])).errors).toEqual([undefined])
      expect([log(), new Set(brokers.epochs)]).toEqual([['0', '1', '2', '3'], new Set([0])])
    },
  )

  it('gives up after six tries, and says why; what it may have written can not come after what comes next', async () => {
    const { brokers, deliver, log } = setUpDelivery()
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
    const { brokers, deliver } = setUpDelivery()
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
    const { brokers, deliver } = setUpDelivery()
    brokers.prepareFaults.push('away', 'away')
    expect((await deliver([call('1')])).errors).toEqual([undefined])
    expect(brokers.sessions).toMatchObject({ opened: 3, destroyed: 2 })
  })

  it('takes another id with new connections, where nothing is in doubt: the cluster may have been wiped', async () => {
    const { brokers, deliver, session } = setUpDelivery()
    await deliver([call('1')])
    brokers.prepareFaults.push('away')
    await deliver([callTo('b', '2')])
    expect(brokers.ids).toEqual(['1', '2'])
    session().destroy()
    // In doubt from the first try on: then it is written once.
    expect((await deliver([call('3')])).errors).toEqual([undefined])
    expect(brokers.ids).toEqual(['1', '2', '2'])
  })

  it('waits over the same ones for a broker that has no producer ids in stock', async () => {
    const { brokers, deliver } = setUpDelivery()
    brokers.prepareFaults.push('GROUP_LOAD_IN_PROGRESS')
    expect((await deliver([call('1')])).errors).toEqual([undefined])
    expect(brokers.sessions).toMatchObject({ opened: 1, destroyed: 0 })
  })

  it('fails all of them when Kafka is away', async () => {
    const { brokers, deliver } = setUpDelivery()
    brokers.prepareFaults.push(...Array.from({ length: 6 }, () => 'away'))
    expect((await deliver([call('1'), call('2')])).errors).toEqual(['KafkaUnavailableError', 'KafkaUnavailableError'])
    expect(brokers.requests).toEqual([])
  })

  it('fails a record alone that is too large, and keeps the order of the others', async () => {
    const { brokers, deliver, log } = setUpDelivery()
    const large = 'x'.repeat(MAX_LENGTH + 1)
    const { errors, isTooLarge } = await deliver([call('1'), call('2', 0, 1), call(large), call('3')])
    expect([errors, isTooLarge]).toEqual([[undefined, undefined, REFUSED, undefined], false])
    expect(brokers.requests.slice(1)).toEqual([['1', '2'], [large], ['3']])
    expect([log(0), log(1)]).toEqual([['1', '2', '3'], ['2']])
  })

  it('fails each of several that are too large', async () => {
    const { deliver, log } = setUpDelivery()
    const large = (more: number) => call('x'.repeat(MAX_LENGTH + more))
    const { errors } = await deliver([large(1), call('1'), large(3), call('2'), large(2)])
    expect(errors).toEqual([REFUSED, undefined, REFUSED, undefined, REFUSED])
    expect(log()).toEqual(['1', '2'])
  })

  it('divides calls of one size, which together are too large, in halves, and says that they were', async () => {
    const { brokers, deliver, log } = setUpDelivery({ maxRecords: 4 })
    const values = Array.from({ length: 64 }, (_, at) => String(at).padStart(2, '0'))
    const { errors, isTooLarge } = await deliver(values.map((value) => call(value)))
    expect([errors.every((error) => error === undefined), isTooLarge]).toEqual([true, true])
    expect(brokers.requests.length).toBeLessThan(64)
    expect(log()).toEqual(values)
  })

  it('does not send a single refused call again', async () => {
    const { brokers, deliver } = setUpDelivery()
    expect((await deliver([call('x'.repeat(99))])).errors).toEqual([REFUSED])
    expect(brokers.requests).toHaveLength(1)
  })

  it('gives the number of a refused batch to the next one, but not when an earlier try may have used it', async () => {
    const { brokers, deliver, log } = setUpDelivery()
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

  it('asks for another id when Kafka counts otherwise: somebody else may have this one', async () => {
    const { brokers, deliver, log } = setUpDelivery()
    const faults: (BatchFault | undefined)[] = [undefined, { error: 'UNKNOWN_PRODUCER_ID' }]
    brokers.faults = () => faults.shift()
    await deliver([call('1')])
    expect((await deliver([call('2')])).errors).toEqual([undefined])
    expect([log(), brokers.ids]).toEqual([
      ['1', '2'],
      ['1', '1', '2'],
    ])
  })

  it('fails only the calls for partitions that a topic does not have, and writes nothing of them', async () => {
    const { brokers, deliver } = setUpDelivery()
    const { errors } = await deliver([call('1', 0), call('2', 5), call('3', 1), call('4', 0, 7), call('5', 5)])
    const [written, unknown] = [undefined, PartitionUnknownError.name]
    expect(errors).toEqual([written, unknown, written, unknown, unknown])
    expect(brokers.requests).toEqual([['1', '3']])
  })

  it('finds a partition that came with a growth of the topic', async () => {
    const { brokers, deliver, log } = setUpDelivery()
    await deliver([call('1', 0)])
    expect((await deliver([call('2', 3)])).errors).toEqual([PartitionUnknownError.name])
    brokers.setPartitions('a', 4)
    expect((await deliver([call('3', 3)])).errors).toEqual([undefined])
    expect(log(3)).toEqual(['3'])
  })

  it('fails only the calls whose topic is missing, and writes nothing of them', async () => {
    const { brokers, deliver } = setUpDelivery()
    const { errors } = await deliver([call('1'), [...call('raw'), ...callTo('c', 'typed')], call('2')])
    expect(errors).toEqual([undefined, 'UNKNOWN_TOPIC_OR_PARTITION', undefined])
    expect(brokers.requests).toEqual([['1', '2']])
  })

  it('fails what is left of calls whose topic goes away meanwhile', async () => {
    const { brokers, deliver, missing } = setUpDelivery()
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
    const { brokers, deliver, missing } = setUpDelivery()
    missing()
    brokers.prepareFaults.push('UNKNOWN_TOPIC_OR_PARTITION')
    expect((await deliver([call('1')])).errors).toEqual([undefined])
    brokers.prepareFaults.push(...Array.from({ length: 9 }, () => 'UNKNOWN_TOPIC_OR_PARTITION'))
    expect((await deliver([callTo('b', '2')])).errors).toEqual([KafkaUnavailableError.name])
  })

  it('does not give away the number of what may have been written before its topic went away', async () => {
    const { brokers, deliver, log, missing } = setUpDelivery()
    await deliver([call('0')])
    missing('a')
    brokers.faults = () => {
      brokers.prepareFaults.push('UNKNOWN_TOPIC_OR_PARTITION')
      return 'unanswered'
    }
    expect((await deliver([call('1')])).errors).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    brokers.faults = undefined
    expect((await deliver([call('2')])).errors).toEqual([undefined])
    expect([log(), brokers.epochs]).toEqual([
      ['0', '1', '2'],
      [0, 0, 1],
    ])
  })

  it('takes it for an outage of that partition alone when its leader does not know a topic that exists', async () => {
    const { brokers, deliver } = setUpDelivery()
    brokers.faults = ({ topic }) => ({ error: topic === 'b' ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NOT_ENOUGH_REPLICAS' })
    const { outcomes } = await deliver([call('1'), callTo('b', '2')])
    expect(outcomes.map((outcome) => 'error' in outcome && (outcome.error as Error).message)).toEqual([
      'Kafka is not available: NOT_ENOUGH_REPLICAS',
      'Kafka is not available: Kafka refuses: UNKNOWN_TOPIC_OR_PARTITION',
    ])
  })

  it('does not repeat what Kafka refuses to tell', async () => {
    const { brokers, deliver } = setUpDelivery()
    brokers.prepareFaults.push('TOPIC_AUTHORIZATION_FAILED')
    expect((await deliver([call('1')])).errors).toEqual(['TOPIC_AUTHORIZATION_FAILED'])
    expect(brokers.sessions).toMatchObject({ opened: 1 })
  })

  it('does not change its epoch while a batch may have been written, though the numbers are used up', async () => {
    const { brokers, deliver, log, identity, session } = setUpDelivery()
    await deliver([call('0', 1)])
    const epoch = await identity.current(session(), { isInDoubt: true })
    epoch.wrote('a/2', 2_147_000_000)
    const faults: (BatchFault | undefined)[] = ['unanswered', undefined]
    brokers.faults = () => faults.shift()
    expect((await deliver([call('1', 1)])).errors).toEqual([undefined])
    expect((await deliver([call('2', 1)])).errors).toEqual([undefined])
    expect([log(1), brokers.epochs]).toEqual([
      ['0', '1', '2'],
      [0, 0, 0, 1],
    ])
  })

  it('does not repeat or divide what Kafka refuses for a reason that no record has', async () => {
    const { brokers, deliver } = setUpDelivery()
    brokers.faults = () => ({ error: 'TOPIC_AUTHORIZATION_FAILED' })
    const { errors } = await deliver([call('1'), call('2')])
    expect(errors).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED'])
    expect(brokers.requests).toHaveLength(1)
  })

  it('sends nothing more once it is told to leave, and what was under way can not come after what comes next', async () => {
    const { brokers, deliver, log } = setUpDelivery()
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
})
