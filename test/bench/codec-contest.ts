import { strict as assert } from 'node:assert'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { createDecoder, createEncoder } from '@murmuration/avro'
import { loadSchema, type RecordName } from '@murmuration/schemas'
import avro, { type Schema } from 'avsc'
import { exampleOf } from '../../libs/avro/src/testing/examples.ts'
import { createFakeRegistry } from '../../libs/avro/src/testing/fake-registry.ts'
import type { Direction, Way } from './codec-cell.ts'

/** Each is raced with this many events that differ in their ids. */
export const EVENTS = 256
const RAW_BODY_BYTES = 1_024
const HEADER_BYTES = 5

/** One way of doing one thing with all events of a record. */
export interface Contestant {
  readonly record: RecordName
  readonly direction: Direction
  readonly way: Way
  /** All events once; the last result. */
  readonly run: () => unknown
}

export interface Contest {
  readonly contestants: readonly Contestant[]
  /** Mean length of a frame. */
  readonly frameBytes: number
}

/**
 * Sets up one record, and verifies it: frames are equal byte for byte, and every way gives the event back.
 *
 * @param input.registryUrl where the client finds the schema of `input.schemaId`
 * @throws {AssertionError} the ways do not agree
 */
export async function prepareContest(
  record: RecordName,
  input: { readonly records: readonly RecordName[]; readonly registryUrl: string; readonly schemaId: number },
): Promise<Contest> {
  const { records, schemaId } = input
  const schema = loadSchema(record) as Schema
  const events = Array.from({ length: EVENTS }, (_, index) => toEvent(record, index))

  const writer = avro.Type.forSchema(schema)
  const reader = avro.Type.forSchema(schema)
  const resolver = reader.createResolver(writer)
  const registry = createFakeRegistry(records)
  const encoder = await createEncoder(registry, { records, topicPrefix: '' })
  const decoder = createDecoder(registry)
  const client = new SchemaRegistry({ host: input.registryUrl })
  const withReader = { [SchemaType.AVRO]: { readerSchema: loadSchema(record) } } as never

  const frames = events.map((event) => encoder.encode(record, event))
  const payloads = frames.map((frame) => frame.subarray(HEADER_BYTES))
  const encode = {
    avsc: (event: object) => writer.toBuffer(event),
    murmuration: (event: object) => encoder.encode(record, event),
    client: (event: object) => client.encode(schemaId, event),
  }
  const decode = {
    avsc: (payload: Buffer) => reader.fromBuffer(payload, resolver),
    murmuration: (frame: Buffer) => decoder.decode(record, frame),
    'murmuration-now': (frame: Buffer) => decoder.decodeNow(record, frame),
    client: (frame: Buffer) => client.decode(frame),
    'client-reader': (frame: Buffer) => client.decode(frame, withReader),
  }

  for (const [index, event] of events.entries()) {
    const [frame = Buffer.alloc(0), payload = Buffer.alloc(0)] = [frames[index], payloads[index]]
    assert.deepEqual(await encode.client(event), frame, 'the frames differ')
    assert.deepEqual(encode.avsc(event), payload, 'the payloads differ')
    for (const [way, run] of Object.entries(decode)) {
      assert.deepEqual(toPlain(await run(way === 'avsc' ? payload : frame)), event, `${way} gives another event`)
    }
  }
  const contestants: readonly Omit<Contestant, 'record'>[] = [
    { direction: 'encode', way: 'avsc', run: () => each(events, encode.avsc) },
    { direction: 'encode', way: 'murmuration', run: () => each(events, encode.murmuration) },
    { direction: 'encode', way: 'client', run: () => eachAwaited(events, encode.client) },
    { direction: 'decode', way: 'avsc', run: () => each(payloads, decode.avsc) },
    { direction: 'decode', way: 'murmuration', run: () => eachAwaited(frames, decode.murmuration) },
    { direction: 'decode', way: 'murmuration-now', run: () => each(frames, decode['murmuration-now']) },
    { direction: 'decode', way: 'client', run: () => eachAwaited(frames, decode.client) },
    { direction: 'decode', way: 'client-reader', run: () => eachAwaited(frames, decode['client-reader']) },
  ]
  return {
    contestants: contestants.map((contestant) => ({ record, ...contestant })),
    frameBytes: frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length,
  }
}

/** The example of the record with ids of its own; a raw webhook with a body of 1 KB. */
function toEvent(record: RecordName, index: number): Readonly<Record<string, unknown>> {
  const fields = Object.entries(exampleOf(record)).map(([name, value]) => {
    if (/id$/i.test(name) && typeof value === 'string') return [name, `${value}-${index}`] as const
    return [name, name === 'body' && Buffer.isBuffer(value) ? Buffer.alloc(RAW_BODY_BYTES, value) : value] as const
  })
  return Object.fromEntries(fields)
}

/** avsc's instances of records as plain objects, to be compared. */
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toPlain(inner)]))
}

function each<T>(inputs: readonly T[], run: (input: T) => unknown): unknown {
  let last: unknown
  for (const input of inputs) last = run(input)
  return last
}

async function eachAwaited<T>(inputs: readonly T[], run: (input: T) => Promise<unknown>): Promise<unknown> {
  let last: unknown
  for (const input of inputs) last = await run(input)
  return last
}
