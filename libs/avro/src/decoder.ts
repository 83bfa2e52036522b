import type { RecordName } from '@murmuration/schemas'
import type { Resolver, Type } from 'avsc'
import { RecordCorruptError, SchemaUnknownError } from './avro-errors.ts'
import { countsFit } from './counts-fit.ts'
import { readerTypeOf } from './encoder.ts'
import type { Registry } from './registry-client.ts'
import { type Frame, parseFrame } from './wire-format.ts'

/** Turns Kafka values into events, as this version's schema reads them. */
export interface Decoder {
  /**
   * @throws {RegistryUnavailableError} the writer's schema is not cached and the registry is away
   * @throws {SchemaUnknownError} the registry knows no such id, or the writer's schema can't be read as ours
   * @throws {RecordCorruptError} no frame, or bytes that do not fit the writer's schema
   */
  decode(record: RecordName, value: Buffer | null): Promise<unknown>
}

/** A writer's schema, and how our reader reads what it wrote. */
interface Resolved {
  readonly writer: Type
  readonly resolver: Resolver
}

/** Creates a decoder; writers' schemas are fetched once per id and resolved once per (writer, reader). */
export function createDecoder(registry: Registry): Decoder {
  const readers = new Map<RecordName, Type>()
  const resolvers = new Map<string, Resolved>()

  async function resolverFor(record: RecordName, schemaId: number, reader: Type): Promise<Resolved> {
    const key = `${record} ${schemaId}`
    const known = resolvers.get(key)
    if (known !== undefined) return known
    const writer = await registry.schemaById(schemaId)
    if (writer === undefined) throw new SchemaUnknownError({ schemaId, why: 'is not known to the registry' })
    const resolved = { writer, resolver: toResolver(reader, writer, schemaId) }
    resolvers.set(key, resolved)
    return resolved
  }

  return {
    async decode(record, value) {
      const frame = parseFrame(value)
      const reader = readers.get(record) ?? readerTypeOf(record)
      readers.set(record, reader)
      const { writer, resolver } = await resolverFor(record, frame.schemaId, reader)
      if (!countsFit(writer, frame.payload)) throw doesNotFit(frame)
      try {
        return reader.fromBuffer(frame.payload, resolver)
      } catch {
        // avsc's message may quote the value; it stays out of logs.
        throw doesNotFit(frame)
      }
    },
  }
}

function doesNotFit(frame: Frame): RecordCorruptError {
  return new RecordCorruptError(`${frame.payload.length} bytes do not fit schema ${frame.schemaId}`)
}

function toResolver(reader: Type, writer: Type, schemaId: number): Resolver {
  try {
    return reader.createResolver(writer)
  } catch (error) {
    throw new SchemaUnknownError({ schemaId, why: `can't be read as ${reader.name}` }, { cause: error })
  }
}
