import { catalog, loadSchema, type RecordName } from '@murmuration/schemas'
import avro, { type Type } from 'avsc'
import { EventUnencodableError, SchemaNotRegisteredError } from './avro-errors.ts'
import type { Registry } from './registry-client.ts'
import { createNullableTextType, createTextType, isNullableText } from './text-type.ts'
import { HEADER_BYTES, writeFrameHeader } from './wire-format.ts'

/** Turns events into Kafka values. Needs no registry once created. */
export interface Encoder {
  /** Confluent wire format. @throws {EventUnencodableError} names the fields that do not fit, never their values */
  encode(record: RecordName, event: object): Buffer
}

/**
 * Looks up the schema ids of the records that a service writes, once, at start.
 *
 * @throws {SchemaNotRegisteredError} a schema was never pushed
 * @throws {RegistryUnavailableError}
 */
export async function createEncoder(
  registry: Registry,
  options: { readonly records: readonly RecordName[]; readonly topicPrefix: string },
): Promise<Encoder> {
  const writers = new Map<RecordName, Writer>()
  await Promise.all(
    options.records.map(async (record) => {
      const subject = subjectOf(record, options.topicPrefix)
      const id = await registry.idOfSchema(subject, loadSchema(record))
      if (id === undefined) throw new SchemaNotRegisteredError({ subject })
      writers.set(record, { record, id, type: avroTypeOf(record) })
    }),
  )
  return {
    encode(record, event) {
      const writer = writers.get(record)
      if (writer === undefined) throw new TypeError(`${record} is not among the records of this encoder`)
      return toValue(event, writer)
    },
  }
}

/** The registry subject of a record's values: `<topic>-value`. */
export function subjectOf(record: RecordName, topicPrefix: string): string {
  return `${topicPrefix}${catalog[record].topic}-value`
}

/** The compiled schema of a record as this version of the code knows it. */
export function avroTypeOf(record: RecordName): Type {
  const text = createTextType()
  const nullableText = createNullableTextType(text)
  return avro.Type.forSchema(loadSchema(record) as avro.Schema, {
    registry: { string: text },
    typeHook: (schema) => (isNullableText(schema) ? nullableText : undefined),
  })
}

interface Writer {
  readonly record: RecordName
  readonly id: number
  readonly type: Type
}

/** Events are encoded here first, so that each value is allocated once, in its size. */
const scratch = Buffer.allocUnsafeSlow(65_536)

function toValue(event: object, writer: Writer): Buffer {
  try {
    // avsc writes past the end without complaint and says by how much; the second pass has the room.
    const end = writer.type.encode(event, scratch, HEADER_BYTES)
    const value = Buffer.allocUnsafe(end >= 0 ? end : scratch.length - end)
    if (end >= 0) scratch.copy(value, HEADER_BYTES, HEADER_BYTES, end)
    else writer.type.encode(event, value, HEADER_BYTES)
    writeFrameHeader(value, writer.id)
    return value
  } catch (error) {
    const paths: string[] = []
    writer.type.isValid(event, { errorHook: (path) => paths.push(path.join('.')) })
    if (paths.length === 0) throw error
    throw new EventUnencodableError({ record: writer.record, paths })
  }
}
