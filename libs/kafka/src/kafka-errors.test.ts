import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import {
  classifyKafkaError,
  KafkaRefusedError,
  KafkaUnavailableError,
  TopicMismatchError,
  TopologyRefusedError,
} from './kafka-errors.ts'

/** As the client throws what a broker answered. */
function protocolError(type: string): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(`said ${type}`), { type, code: 1, retriable: true }))
}
function afterRetries(cause: Error): Error {
  return new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 2, retryTime: 100 })
}

describe('classifyKafkaError', () => {
  it.each([
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_RECORD',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'TOPIC_AUTHORIZATION_FAILED',
    'GROUP_AUTHORIZATION_FAILED',
    'CLUSTER_AUTHORIZATION_FAILED',
    'INVALID_CONFIG',
    'INVALID_PARTITIONS',
    'INVALID_REPLICATION_FACTOR',
    'POLICY_VIOLATION',
  ])('takes %s as a refusal, however deep it lies', (type) => {
    const plain = protocolError(type)
    for (const error of [plain, afterRetries(plain), new Error('outer', { cause: plain })]) {
      const classified = classifyKafkaError(error)
      expect(classified).toBeInstanceOf(KafkaRefusedError)
      expect(classified).toMatchObject({ kafkaError: type, disposition: 'stop', cause: error })
    }
  })

  it.each([
    'NOT_LEADER_FOR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'NOT_ENOUGH_REPLICAS',
    'REQUEST_TIMED_OUT',
    'REBALANCE_IN_PROGRESS',
    'ILLEGAL_GENERATION',
    'COORDINATOR_NOT_AVAILABLE',
  ])('takes %s as an outage: it passes', (type) => {
    expect(classifyKafkaError(afterRetries(protocolError(type)))).toBeInstanceOf(KafkaUnavailableError)
  })

  it('takes a refused connection as an outage', () => {
    const refused = new KafkaJSConnectionError('connect ECONNREFUSED', { broker: '127.0.0.1:1', code: 'ECONNREFUSED' })
    const classified = classifyKafkaError(afterRetries(refused))
    expect(classified).toBeInstanceOf(KafkaUnavailableError)
    expect(classified.message).toContain('ECONNREFUSED')
  })

  it('takes a wrong password as a refusal: waiting does not make it right', () => {
    const refused = Object.assign(new Error('bad password'), { name: 'KafkaJSSASLAuthenticationError' })
    expect(classifyKafkaError(refused)).toMatchObject({
      kafkaError: 'SASL_AUTHENTICATION_FAILED',
    })
  })

  it('looks at the first of several errors, as admin calls bundle them', () => {
    const bundle = Object.assign(new Error('several'), { errors: [protocolError('TOPIC_AUTHORIZATION_FAILED')] })
    expect(classifyKafkaError(bundle)).toBeInstanceOf(KafkaRefusedError)
  })

  it('takes everything that it does not know as an outage, which loses nothing', () => {
    for (const thrown of [new Error('odd'), 'text', undefined])
      expect(classifyKafkaError(thrown)).toBeInstanceOf(KafkaUnavailableError)
  })
})

describe('TopicMismatchError', () => {
  it('names every difference and what to run', () => {
    const error = new TopicMismatchError(['a has 1 partitions, not 2', 'b has 3 partitions, not 2'])
    expect(error.message).toMatch(/a has 1.*b has 3.*murmur topics apply/)
  })
})

describe('TopologyRefusedError', () => {
  it('says that nothing was changed, and which losses need consent', () => {
    const error = new TopologyRefusedError({ refusals: ['a has 1 copies, not 3'], losses: ['b: shorter'] })
    expect(error.message.split('\n')).toEqual([
      'nothing was changed:',
      '  - a has 1 copies, not 3',
      '  - b: shorter; only with --allow-data-loss',
    ])
  })
})
