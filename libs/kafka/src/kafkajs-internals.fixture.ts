import { createRequire } from 'node:module'
import type { ICustomPartitioner, ISocketFactory } from 'kafkajs'

/** A message as it reaches the encoder: what the types promise, and what JavaScript may hand in all the same. */
export interface AnyMessage {
  readonly key?: unknown
  readonly value?: unknown
  readonly headers?: unknown
  readonly timestamp?: unknown
  readonly partition?: number
}

/** What kafkajs hands to the encoder of a Produce request. */
export interface ProduceInput {
  readonly acks: number
  readonly timeout: number
  readonly transactionalId?: string | null | undefined
  readonly producerId?: number | string
  readonly producerEpoch?: number
  readonly compression?: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly messages: readonly AnyMessage[]
      readonly firstSequence?: number
    }[]
  }[]
}

export interface ProduceRequest {
  readonly apiKey: number
  readonly apiVersion: number
  /** With room for a header: one pass, where it can be. Without: the encoder of kafkajs as it came. */
  encode(headerBytes?: number): Promise<object>
}

/** A whole request; `release` only when it was encoded in one pass. */
export interface EncodedRequest {
  readonly buffer: Buffer
  readonly release?: () => void
}

type Checksum = (bytes: Uint8Array, start: number, end: number) => number

export interface Connection {
  connect(): Promise<unknown>
  isConnected(): boolean
  disconnect(): Promise<unknown>
  send(protocol: { readonly request: ProduceRequest; readonly response: object }): Promise<unknown>
}

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly logger: object
  readonly socketFactory: ISocketFactory
  readonly requestTimeout: number
  readonly connectionTimeout: number
  readonly clientId: string
}

const load = createRequire(import.meta.url)

/** A file of the installed kafkajs. */
export function kafkajsPath(path: string): string {
  return load.resolve(`kafkajs/${path}`)
}

/** kafkajs from within: what our patch changes and what it must agree with. */
export const internals = {
  version: (load('kafkajs/package.json') as { version: string }).version,
  createRequest: load('kafkajs/src/protocol/request') as (input: {
    readonly correlationId: number
    readonly clientId: string | null
    readonly request: ProduceRequest
  }) => Promise<EncodedRequest>,
  produceV7: load('kafkajs/src/protocol/requests/produce/v7/request') as (input: ProduceInput) => ProduceRequest,
  produceV7Response: load('kafkajs/src/protocol/requests/produce/v7/response') as object,
  checksum: load('kafkajs/src/protocol/onePassProduce/crc32c') as {
    crc32c: Checksum
    readonly native: Checksum | null
    readonly portable: Checksum
  },
  kafkajsChecksum: load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Uint8Array) => number,
  kafkajsMurmur2: load('kafkajs/src/producer/partitioners/default/murmur2') as (key: unknown) => number,
  createKafkajsPartitioner: load('kafkajs/src/producer/partitioners/default') as ICustomPartitioner,
  Connection: load('kafkajs/src/network/connection') as new (options: ConnectionOptions) => Connection,
}

/** Encodes as the patch does: in one pass where it can. */
export function encodePatched(input: ProduceInput, clientId: string | null = 'test'): Promise<EncodedRequest> {
  return internals.createRequest({ correlationId: 7, clientId, request: internals.produceV7(input) })
}

/** Encodes as kafkajs came. */
export function encodeUnpatched(input: ProduceInput, clientId: string | null = 'test'): Promise<EncodedRequest> {
  const request = internals.produceV7(input)
  const asItCame = { ...request, encode: () => request.encode() }
  return internals.createRequest({ correlationId: 7, clientId, request: asItCame })
}
