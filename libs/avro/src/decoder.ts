import type { RecordName } from '@murmuration/schemas'
import avro, { type Resolver, type Schema, type Type } from 'avsc'
import { RecordCorruptError, SchemaUnknownError } from './avro-errors.ts'
import { type CountsCheck, createCountsCheck } from './counts-fit.ts'
import { avroTypeOf } from './encoder.ts'
import type { Registry, WriterSchema } from './registry-client.ts'
import { assertFrame, HEADER_BYTES, schemaIdOf } from './wire-format.ts'

/** Turns Kafka values into events, as this version's schema reads them. */
export interface Decoder {
  /**
   * Takes a few seconds for an id that the registry does not know, see `Registry`.
   *
   * @throws {RegistryUnavailableError} the writer's schema is not cached, and neither registry nor snapshot gives it
   * @throws {RegistryUnauthorizedError} the same, and the registry does not let us in
   * @throws {SchemaUnknownError} the registry knows no such id, or the writer's schema can't be read as ours
   * @throws {RecordCorruptError} no frame, or bytes that do not fit the writer's schema
   */
  decode(record: RecordName, value: Buffer | null): Promise<unknown>
  /**
   * The event at once when the writer's schema is cached, and undefined when `decode` must be asked.
   *
   * For readers of very many records: a promise costs about as much as decoding a small one.
   * @throws what `decode` throws
   */
  decodeNow(record: RecordName, value: Buffer | null): unknown
}

/** How one reader reads what was written with one id, or why it can't. */
type Reading = { readonly fits: CountsCheck; readonly resolver: Resolver } | { readonly why: string; cause: unknown }

interface Reader {
  readonly type: Type
  readonly readings: Map<number, Reading>
}

/**
 * Creates a decoder; writers' schemas are asked for once per id and resolved once per (writer, reader).
 *
 * @param options.maxWriters schemas that each reader remembers; the oldest goes first. A topic has as many as there were
 *   releases
 */
export function createDecoder(registry: Registry, { maxWriters = 1_000 } = {}): Decoder {
  const readers = new Map<RecordName, Reader>()

  function readerOf(record: RecordName): Reader {
    const known = readers.get(record)
    if (known !== undefined) return known
    const reader = { type: avroTypeOf(record), readings: new Map<number, Reading>() }
    readers.set(record, reader)
    return reader
  }

  async function decodeAfterAsking(reader: Reader, frame: Buffer): Promise<unknown> {
    const schemaId = schemaIdOf(frame)
    const writer = await registry.schemaById(schemaId)
    // Not remembered here: it may be registered later, and the registry knows how long its "no" holds.
    if (writer === undefined) throw new SchemaUnknownError({ schemaId, why: 'is not known to the registry' })
    const reading = reader.readings.get(schemaId) ?? toReading(reader.type, writer)
    const oldest = reader.readings.keys().next().value
    if (reader.readings.size >= maxWriters && oldest !== undefined) reader.readings.delete(oldest)
    reader.readings.set(schemaId, reading)
    return read(reader, reading, frame)
  }

  return {
    async decode(record, value) {
      assertFrame(value)
      const reader = readerOf(record)
      const reading = reader.readings.get(schemaIdOf(value))
      return reading === undefined ? decodeAfterAsking(reader, value) : read(reader, reading, value)
    },
    decodeNow(record, value) {
      assertFrame(value)
      const reader = readerOf(record)
      const reading = reader.readings.get(schemaIdOf(value))
      return reading && read(reader, reading, value)
    },
  }
}

function read(reader: Reader, reading: Reading, frame: Buffer): unknown {
  const schemaId = schemaIdOf(frame)
  if ('why' in reading) throw new SchemaUnknownError({ schemaId, why: reading.why }, { cause: reading.cause })
  if (reading.fits(frame, HEADER_BYTES)) {
    try {
      const { value, offset } = reader.type.decode(frame, HEADER_BYTES, reading.resolver)
      if (offset === frame.length) return value
    } catch {
      // avsc's message may quote the value; it stays out of logs.
    }
  }
  throw new RecordCorruptError(`${frame.length - HEADER_BYTES} bytes do not fit schema ${schemaId}`)
}

/** What the registry holds under an id is a clear answer, also where it is of no use to us. */
function toReading(reader: Type, writer: WriterSchema): Reading {
  if (writer.format !== 'AVRO') return { why: `is of type ${writer.format}, not AVRO`, cause: undefined }
  try {
    const type = avro.Type.forSchema(JSON.parse(writer.text) as Schema)
    return { fits: createCountsCheck(type), resolver: reader.createResolver(type) }
  } catch (cause) {
    return { why: `can't be read as ${reader.name}`, cause }
  }
}
