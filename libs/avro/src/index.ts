export {
  EventUnencodableError,
  RecordCorruptError,
  RegistryUnavailableError,
  SchemaNotRegisteredError,
  SchemaRefusedError,
  SchemaUnknownError,
} from './avro-errors.ts'
export { createDecoder, type Decoder } from './decoder.ts'
export { createEncoder, type Encoder, readerTypeOf, subjectOf } from './encoder.ts'
export { type PushedSchema, pushSchemas } from './push-schemas.ts'
export { createRegistry, type Registry } from './registry-client.ts'
export { parseFrame } from './wire-format.ts'
