import { EventUnencodableError, SchemaNotRegisteredError } from '@murmuration/avro'
import { SignatureRejectedError } from '@murmuration/bird'
import { KafkaOverloadedError, KafkaRefusedError, KafkaUnavailableError } from '@murmuration/kafka'
import { describe, expect, it } from 'vitest'
import { toHttpAnswer } from './http-status.ts'
import { RateLimitedError } from './rate-limit.ts'

describe('toHttpAnswer', () => {
  it('answers 401 without a time to come back when the signature is refused', () => {
    const answer = toHttpAnswer(new SignatureRejectedError({ reason: 'no-key-matches' }))
    expect(answer).toEqual({ status: 401, result: 'rejected' })
  })

  it('answers 503 with a time to come back while Kafka is away', () => {
    const answer = toHttpAnswer(new KafkaUnavailableError('no answer'))
    expect(answer).toEqual({ status: 503, result: 'unavailable', retryAfterSeconds: 5 })
  })

  it('asks for a longer pause when Kafka refuses for good: a person must act first', () => {
    const answer = toHttpAnswer(new KafkaRefusedError({ kafkaError: 'MESSAGE_TOO_LARGE' }))
    expect(answer).toEqual({ status: 503, result: 'unavailable', retryAfterSeconds: 60 })
  })

  it('answers 503 when more comes in than Kafka takes, and 429 when one source sends too much', () => {
    expect(toHttpAnswer(new KafkaOverloadedError())).toEqual({
      status: 503,
      result: 'overloaded',
      retryAfterSeconds: 2,
    })
    const answer = toHttpAnswer(new RateLimitedError({ retryAfterMs: 1_200 }))
    expect(answer).toEqual({ status: 429, result: 'rate-limited', retryAfterSeconds: 2 })
  })

  it.each([
    ['a defect', new TypeError('x is undefined')],
    ['a thrown text', 'oops'],
    ['an error of the taxonomy without a row', new SchemaNotRegisteredError({ subject: 's' })],
    ['an event that does not fit its schema', new EventUnencodableError({ record: 'message', paths: [] })],
  ])('answers 503 to %s, so that Bird sends it again', (_, error) => {
    expect(toHttpAnswer(error).status).toBe(503)
    expect(toHttpAnswer(error).retryAfterSeconds).toBeGreaterThan(0)
  })
})
