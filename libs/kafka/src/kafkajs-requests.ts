import { createRequire } from 'node:module'
import type { InnerBroker } from './kafkajs-connections.ts'

const load = createRequire(import.meta.url)
const { requests } = load('kafkajs/src/protocol/requests') as { readonly requests: Readonly<Record<string, unknown>> }
const apiKeys = load('kafkajs/src/protocol/requests/apiKeys') as Readonly<Record<string, number>>

/** Requests that we send ourselves. */
export type RequestName =
  | 'GroupCoordinator'
  | 'JoinGroup'
  | 'SyncGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'DescribeGroups'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'Fetch'
  | 'DeleteRecords'
  | 'InitProducerId'
  | 'Produce'

/** What goes over the second connection: it may take long, and must not hold up a heartbeat. */
const APART: ReadonlySet<RequestName> = new Set(['Fetch', 'OffsetCommit', 'OffsetFetch'])

/** A broker that requests go to. The client opens and re-opens its connections by itself. */
export interface BrokerHandle {
  /**
   * Sends one request, once.
   *
   * @param input as the request's own file in kafkajs takes it
   * @param options.timeoutMs longest wait for the answer, whatever the wall clock does; then the connection is broken, and
   *   whatever waits on it fails. When it is not given, the client's own
   * @param options.parse `none`: error codes are left in the answer
   * @param options.decode reads the answer of this version instead of the client; error codes are left in it
   * @throws the client's own errors
   */
  send(
    name: RequestName,
    input: object,
    options?: {
      readonly timeoutMs?: number
      readonly parse?: 'none'
      readonly decode?: (bytes: Buffer, version: number) => unknown
    },
  ): Promise<unknown>
}

/** Says what of kafkajs is not as we know it. */
export function unusable(): never {
  throw new TypeError('kafkajs has changed: see kafkajs-insides.ts')
}

const asItIs = (data: unknown) => data

/** Makes a broker of kafkajs one that our requests go to. */
export function toHandle(broker: InnerBroker): BrokerHandle {
  return {
    async send(name, input, { timeoutMs, parse, decode } = {}) {
      const request = broker.lookupRequest(apiKeys[name] ?? unusable(), requests[name])(input)
      const { response } = request
      const version = request.request.apiVersion ?? 0
      const decoder = decode === undefined ? response.decode : async (bytes: Buffer) => decode(bytes, version)
      const isParsed = decode === undefined && parse === undefined
      const connection = await broker.connectionPool.getConnection(APART.has(name) ? 1 : 0)
      return connection.send({
        ...request,
        ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs, deadlineMs: timeoutMs }),
        response: { decode: decoder, parse: isParsed ? response.parse : asItIs },
      })
    },
  }
}
