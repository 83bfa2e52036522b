import { describe, expect, it } from 'vitest'
import { type Call, deliverCalls } from './deliver-calls.ts'
import { KafkaRefusedError, KafkaUnavailableError, PartitionUnknownError } from './kafka-errors.ts'
import type { Outcome } from './sent-batch.ts'

const MAX_BYTES = 10
const PARTITIONS = 2
const receipt = { endOf: () => 1 }

function call(value: string, topic = 'a'): Call {
  return [{ topic, message: { key: null, value } }]
}

/** A cluster that has some topics and takes records up to a size; a request with a bad one is refused as a whole. */
function createCluster(options: { readonly topics?: readonly string[]; readonly isAway?: () => boolean } = {}) {
  const topics = new Set(options.topics ?? ['a', 'b'])
  const requests: string[][] = []
  return {
    requests,
    deliver: async (calls: readonly Call[]) => {
      const sent = await deliverCalls(calls, {
        send: async (messages) => {
          requests.push(messages.map(({ message }) => String(message.value)))
          if (options.isAway?.()) throw new KafkaUnavailableError('away')
          if (messages.some(({ topic }) => !topics.has(topic))) {
            throw new KafkaRefusedError({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
          }
          const unknown = messages.find(({ message: { partition = 0 } }) => partition >= PARTITIONS)
          if (unknown !== undefined) {
            throw new PartitionUnknownError({ topic: unknown.topic, partition: unknown.message.partition ?? 0 })
          }
          if (messages.some(({ message }) => (message.value?.length ?? 0) > MAX_BYTES)) {
            throw new KafkaRefusedError({ kafkaError: 'MESSAGE_TOO_LARGE' })
          }
          return { pauseMs: 0, receipt }
        },
        findMissing: async (asked) => {
          if (options.isAway?.()) throw new KafkaUnavailableError('away')
          return new Set([...asked].filter((topic) => !topics.has(topic)))
        },
      })
      return sent.outcomes.map(errorOf)
    },
  }
}

function errorOf(outcome: Outcome<unknown>): Error | undefined {
  return 'error' in outcome ? (outcome.error as Error) : undefined
}

function codes(outcomes: readonly unknown[]): readonly string[] {
  return outcomes.map((error) => (error instanceof KafkaRefusedError ? error.kafkaError : String(error)))
}

describe('deliverCalls', () => {
  it('sends everything in one request', async () => {
    const { deliver, requests } = createCluster()
    expect(await deliver([call('1'), call('2', 'b')])).toEqual([undefined, undefined])
    expect(requests).toEqual([['1', '2']])
  })

  it('fails a record alone that is too large, and keeps the order of the others', async () => {
    const { deliver, requests } = createCluster()
    const large = 'x'.repeat(MAX_BYTES + 1)
    const outcomes = await deliver([call('1'), call('2'), call(large), call('3')])
    expect(codes(outcomes)).toEqual(['undefined', 'undefined', 'MESSAGE_TOO_LARGE', 'undefined'])
    expect(requests.slice(1)).toEqual([['1', '2'], [large], ['3']])
  })

  it('fails each of several that are too large', async () => {
    const { deliver } = createCluster()
    const large = (bytes: number) => call('x'.repeat(MAX_BYTES + bytes))
    const outcomes = await deliver([large(1), call('1'), large(3), call('2'), large(2)])
    const refused = 'MESSAGE_TOO_LARGE'
    expect(codes(outcomes)).toEqual([refused, 'undefined', refused, 'undefined', refused])
  })

  it('divides calls of one size, which together are too large, in halves, and says that they were', async () => {
    const requests: string[] = []
    const calls = Array.from({ length: 64 }, (_, at) => call(String(at).padStart(2, '0')))
    const sent = await deliverCalls(calls, {
      send: async (messages) => {
        requests.push(messages.map(({ message }) => String(message.value)).join(' '))
        if (messages.length > 4) throw new KafkaRefusedError({ kafkaError: 'MESSAGE_TOO_LARGE' })
        return { pauseMs: 0, receipt }
      },
      findMissing: async () => new Set(),
    })
    expect(sent).toMatchObject({ isTooLarge: true })
    expect(sent.outcomes.map(errorOf)).toEqual(calls.map(() => undefined))
    expect(requests.length).toBeLessThan(64)
    const written = requests.filter((text) => text.split(' ').length <= 4).join(' ')
    expect(written).toBe(calls.map(([one]) => String(one?.message.value)).join(' '))
  })

  it('does not send a single refused call again', async () => {
    const { deliver, requests } = createCluster()
    expect(codes(await deliver([call('x'.repeat(99))]))).toEqual(['MESSAGE_TOO_LARGE'])
    expect(requests).toHaveLength(1)
  })

  it('fails only the calls for partitions that a topic does not have', async () => {
    const to = (value: string, partition: number): Call => [{ topic: 'a', message: { partition, key: null, value } }]
    const { deliver, requests } = createCluster()
    const outcomes = await deliver([to('1', 0), to('2', 5), to('3', 1), [...to('4', 0), ...to('5', 7)], to('6', 5)])
    const [written, unknown] = [undefined, PartitionUnknownError]
    expect(outcomes.map((error) => error?.constructor)).toEqual([written, unknown, written, unknown, unknown])
    expect(requests.at(-1)).toEqual(['1', '3'])
  })

  it('fails only the calls whose topic is missing', async () => {
    const { deliver } = createCluster({ topics: ['a'] })
    const mixed: Call = [...call('raw'), ...call('typed', 'b')]
    const outcomes = await deliver([call('1'), mixed, call('2')])
    expect(codes(outcomes)).toEqual(['undefined', 'UNKNOWN_TOPIC_OR_PARTITION', 'undefined'])
  })

  it('takes it for an outage, which passes, when the missing topic has been created meanwhile', async () => {
    const { outcomes } = await deliverCalls([call('1'), call('2')], {
      send: async () => {
        throw new KafkaRefusedError({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
      },
      findMissing: async () => new Set(),
    })
    expect(outcomes.map(errorOf).every((error) => error instanceof KafkaUnavailableError)).toBe(true)
  })

  it('fails all of them with one request when Kafka is away', async () => {
    const { deliver, requests } = createCluster({ isAway: () => true })
    const outcomes = await deliver([call('1'), call('2')])
    expect(outcomes.every((error) => error instanceof KafkaUnavailableError)).toBe(true)
    expect(requests).toHaveLength(1)
  })

  it('does not divide what Kafka refuses for a reason that no record has', async () => {
    let requests = 0
    const { outcomes } = await deliverCalls([call('1'), call('2')], {
      send: async () => {
        requests += 1
        throw new KafkaRefusedError({ kafkaError: 'CLUSTER_AUTHORIZATION_FAILED' })
      },
      findMissing: async () => new Set(),
    })
    expect(codes(outcomes.map(errorOf))).toEqual(['CLUSTER_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])
    expect(requests).toBe(1)
  })

  it('tells the longest pause that the cluster asked for', async () => {
    const pauses = [20, 300, 40]
    const send = async (messages: readonly { readonly message: { readonly value: unknown } }[]) => {
      if (messages.some(({ message }) => message.value === 'too large')) {
        throw new KafkaRefusedError({ kafkaError: 'MESSAGE_TOO_LARGE' })
      }
      return { pauseMs: pauses.shift() ?? 0, receipt }
    }
    const sent = await deliverCalls([call('1'), call('too large'), call('2')], {
      send,
      findMissing: async () => new Set(),
    })
    expect(sent.pauseMs).toBe(300)
    expect(sent.outcomes.filter((outcome) => 'result' in outcome && outcome.result === receipt)).toHaveLength(2)
  })
})
