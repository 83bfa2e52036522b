import { KafkaJSError } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { isFinal } from './final-error.ts'
import { KafkaUnavailableError } from './kafka-errors.ts'
import { protocolError } from './testing/fake-kafkajs.ts'

describe('isFinal', () => {
  it.each([
    ['an outage', new KafkaUnavailableError('it is away')],
    ['what the client says', new KafkaJSError('Connection timeout')],
    ['what a broker says in passing', protocolError('GROUP_COORDINATOR_NOT_AVAILABLE')],
    ['a broker to which the client has a socket and no more', new Error('Broker not connected')],
  ])('lets pass %s', (_, error) => {
    expect(isFinal(error)).toBe(false)
  })

  it.each([
    ['another process in its place', protocolError('FENCED_INSTANCE_ID')],
    ['a group that is not allowed', protocolError('GROUP_AUTHORIZATION_FAILED')],
    ['a defect of ours', new TypeError('x is not a function')],
  ])('ends a membership for %s', (_, error) => {
    expect(isFinal(error)).toBe(true)
  })
})
