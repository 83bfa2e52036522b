import { describe, expect, it } from 'vitest'
import { judgeAnswer } from './judge-answer.ts'
import { KafkaRefusedError, KafkaUnavailableError } from './kafka-errors.ts'
import { kafkaError } from './testing/fake-brokers.ts'

const judge = (name: string, calls = 2) => judgeAnswer({ error: kafkaError(name) }, () => calls)

describe('judgeAnswer', () => {
  it('takes what Kafka knew already for written', () => {
    expect(judgeAnswer({ baseOffset: 7 }, () => 1)).toEqual({ kind: 'written', baseOffset: 7 })
    expect(judge('DUPLICATE_SEQUENCE_NUMBER')).toEqual({ kind: 'written', baseOffset: undefined })
  })

  it.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])(
    'divides what was refused for %s, unless it is one call',
    (name) => {
      expect(judge(name)).toMatchObject({ kind: 'divide', error: expect.any(KafkaRefusedError) })
      expect(judge(name, 1)).toMatchObject({ kind: 'refused', error: expect.any(KafkaRefusedError) })
    },
  )

  it.each(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'INVALID_TOPIC_EXCEPTION'])(
    'neither divides nor repeats what was refused for %s',
    (name) => {
      expect(judge(name)).toMatchObject({ kind: 'refused', error: expect.any(KafkaRefusedError) })
    },
  )

  it.each(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH', 'UNKNOWN_PRODUCER_ID'])(
    'begins to count anew after %s',
    (name) => {
      expect(judge(name).kind).toBe('renumber')
    },
  )

  it('repeats what nobody knows of, and what passes; only where no broker could be asked is it known that nothing was sent', () => {
    const doubtful = { kind: 'repeat', maybeWritten: true, error: expect.any(KafkaUnavailableError) }
    expect(judgeAnswer({ error: new Error('socket closed') }, () => 1)).toEqual(doubtful)
    // Also from a leader that had written it and was replaced while it waited for its replicas.
    for (const name of ['NOT_LEADER_FOR_PARTITION', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'])
      expect(judge(name)).toEqual(doubtful)
    expect(judge('UNKNOWN_TOPIC_OR_PARTITION')).toMatchObject({ kind: 'repeat', maybeWritten: true })
    for (const name of ['LEADER_NOT_AVAILABLE', 'BROKER_NOT_AVAILABLE'])
      expect(judge(name)).toEqual({ ...doubtful, maybeWritten: false })
  })
})
