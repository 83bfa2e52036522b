import { silentLogger } from '@murmuration/observability'
import { describe, expect, it } from 'vitest'
import { KafkaRefusedError, KafkaUnavailableError } from './kafka-errors.ts'
import { untilAvailable } from './until-available.ts'

describe('untilAvailable', () => {
  it('gives back what the step gives', async () => {
    expect(await untilAvailable(async () => 42, silentLogger)).toBe(42)
  })

  it('says that it waits, and tries again until the dependency answers', async () => {
    const said: unknown[] = []
    const logger = { ...silentLogger, warn: (_: string, fields?: object) => said.push(fields) }
    const answers = [() => Promise.reject(new KafkaUnavailableError('away')), async () => 'here']
    expect(await untilAvailable(async () => answers.shift()?.(), logger)).toBe('here')
    expect(said).toEqual([{ errorCode: 'MUR_KAFKA_UNAVAILABLE', error: 'Kafka is not available: away' }])
  })

  it.each([new KafkaRefusedError({ kafkaError: 'GROUP_AUTHORIZATION_FAILED' }), new TypeError('defect')])(
    'does not wait over %s',
    async (error) => {
      await expect(untilAvailable(() => Promise.reject(error), silentLogger)).rejects.toBe(error)
    },
  )
})
