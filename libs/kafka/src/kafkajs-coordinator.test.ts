import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BrokerAddress, InnerBroker, OwnBrokers } from './kafkajs-connections.ts'
import { findCoordinator } from './kafkajs-coordinator.ts'
import { protocolError } from './testing/fake-kafkajs.ts'

/** Brokers by their hosts, each with what it answers, in turn; the last answer stays. An error without a type: nobody is there. */
function given(answers: Readonly<Record<string, readonly (Error | BrokerAddress)[]>>) {
  const log: string[] = []
  const left = new Map(Object.entries(answers).map(([host, list]) => [host, [...list]]))
  const toBroker = ({ host, port }: BrokerAddress): InnerBroker => {
    const connection = {
      socket: undefined,
      requestQueue: { requestTimeout: 1_000, throttledUntil: -1 },
      async send() {
        log.push(`asked ${host}`)
        const list = left.get(host) ?? []
        const answer = list.length > 1 ? list.shift() : list[0]
        if (answer instanceof Error) throw answer
        return { coordinator: answer }
      },
      abandon: () => undefined,
    }
    return {
      connectionPool: { host, port, pool: [connection], getConnection: async () => connection, send: connection.send },
      connect: async () => undefined,
      disconnect: async () => undefined,
      lookupRequest: () => () => ({ request: {}, response: { decode: async () => undefined, parse: () => undefined } }),
    }
  }
  const own: OwnBrokers = {
    connect: async (to) => toBroker(to),
    keepOnly: ({ host }) => void log.push(`kept ${host}`),
    disconnect: async () => undefined,
  }
  const cluster = {
    brokerPool: {
      brokers: Object.fromEntries(Object.keys(answers).map((host) => [host, toBroker({ host, port: 1 })])),
    },
    refreshMetadata: async () => void log.push('refreshed'),
  }
  return { log, search: () => findCoordinator('g', { cluster, own, toStart: () => 2 }) }
}
const c = { host: 'c', port: 1 }

describe('findCoordinator', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('asks one broker after the other until one answers, and keeps connections to the coordinator only', async () => {
    const { log, search } = given({ a: [new Error('refused')], b: [c] })
    await search()
    expect(log).toEqual(['asked a', 'asked b', 'kept c'])
  })

  it('says that we may not see the group, as the broker said it, and asks nobody else', async () => {
    const { log, search } = given({
      a: [protocolError('GROUP_AUTHORIZATION_FAILED')],
      b: [protocolError('GROUP_AUTHORIZATION_FAILED')],
    })
    await expect(search()).rejects.toMatchObject({ type: 'GROUP_AUTHORIZATION_FAILED' })
    expect(log).toHaveLength(1)
  })

  it('waits for a coordinator that is only moving, not for ever', async () => {
    const moving = protocolError('GROUP_COORDINATOR_NOT_AVAILABLE')
    const soon = given({ a: [moving, moving, c] })
    const found = soon.search()
    await vi.advanceTimersByTimeAsync(1_000)
    await found
    expect(soon.log.at(-1)).toBe('kept c')
    const never = given({ a: [moving] })
    const end = expect(never.search()).rejects.toMatchObject({ type: 'GROUP_COORDINATOR_NOT_AVAILABLE' })
    await vi.advanceTimersByTimeAsync(1_000)
    await end
  })

  it('looks for brokers anew, for the next search, when none was there', async () => {
    const { log, search } = given({ a: [new Error('refused')] })
    await expect(search()).rejects.toThrow('refused')
    expect(log).toEqual(['asked a', 'refreshed'])
  })
})
