export {
  EventUnencodableError,
  RecordCorruptError,
  RegistryUnauthorizedError,
  RegistryUnavailableError,
  SchemaNotRegisteredError,
  SchemaRefusedError,
  SchemaUnknownError,
} from './avro-errors.ts'
export { createDecoder, type Decoder } from './decoder.ts'
export { avroTypeOf, createEncoder, type Encoder, subjectOf } from './encoder.ts'
export { type PushedSchema, pushSchemas } from './push-schemas.ts'
export { createRegistry, type Registry, type RegistryOptions, type WriterSchema } from './registry-client.ts'
export { createRegistryHttp, type RegistryAccess, type RegistryAnswer, type RegistryHttp } from './registry-http.ts'
export { COMPATIBILITY, createRegistrySubjects, type RegistrySubjects } from './registry-subjects.ts'
export { checkSchemas, type SchemaReport } from './schema-check.ts'
export { diffSchemas, type SubjectDiff, type SubjectState } from './schema-diff.ts'
export type { SchemaProblem } from './schema-problem.ts'
export { planReleases, writeReleases } from './schema-releases.ts'
export { parseFrame } from './wire-format.ts'
