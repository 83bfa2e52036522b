import { PipelineError } from '@murmuration/errors'

/** Thrown when the registry refuses the connection, times out, or answers anything but a clear yes or no. */
export class RegistryUnavailableError extends PipelineError {
  readonly code = 'MUR_REGISTRY_UNAVAILABLE'
  readonly disposition = 'wait'

  /** @param details.why what came instead of an answer; quotes nothing of it */
  constructor(details: { url: string; why: string }, options?: ErrorOptions) {
    super(`schema registry ${details.url} is not available: ${details.why}`, options)
  }
}

/** Thrown when the registry, or what stands before it, does not let us in: HTTP 401 or 403. Says nothing of a schema. */
export class RegistryUnauthorizedError extends PipelineError {
  readonly code = 'MUR_REGISTRY_UNAUTHORIZED'
  readonly disposition = 'wait'

  constructor(details: { url: string; status: number }) {
    const why = details.status === 401 ? 'does not accept our credentials' : 'does not grant us this look-up'
    super(
      `schema registry ${details.url} ${why} (HTTP ${details.status}); ` +
        'check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, or SCHEMA_REGISTRY_TOKEN, and restart',
    )
  }
}

/** Thrown at start when the registry does not know a schema that this service writes. */
export class SchemaNotRegisteredError extends PipelineError {
  readonly code = 'MUR_SCHEMA_NOT_REGISTERED'
  readonly disposition = 'stop'

  constructor(details: { subject: string }) {
    super(`schema of ${details.subject} is not registered; run \`murmur schemas push\``)
  }
}

/** Thrown on push when the registry refuses a schema: incompatible with a released one, or invalid. */
export class SchemaRefusedError extends PipelineError {
  readonly code = 'MUR_SCHEMA_REFUSED'
  readonly disposition = 'stop'

  constructor(details: { subject: string; status: number; said: string }) {
    super(`registry refuses the schema of ${details.subject} (HTTP ${details.status}): ${details.said}`)
  }
}

/** Thrown on decoding when the registry does not know the record's schema, or our reader can't resolve it. */
export class SchemaUnknownError extends PipelineError {
  readonly code = 'MUR_SCHEMA_UNKNOWN'
  readonly disposition = 'quarantine'
  readonly schemaId: number

  constructor(details: { schemaId: number; why: string }, options?: ErrorOptions) {
    super(`schema ${details.schemaId} ${details.why}`, options)
    this.schemaId = details.schemaId
  }
}

/** Thrown on decoding when a value is not in the wire format, or its bytes do not fit its schema. */
export class RecordCorruptError extends PipelineError {
  readonly code = 'MUR_RECORD_CORRUPT'
  readonly disposition = 'quarantine'

  constructor(why: string) {
    super(`record is corrupt: ${why}`)
  }
}

/** Thrown on encoding when an event does not fit its schema: a defect of ours. Names fields, never values. */
export class EventUnencodableError extends PipelineError {
  readonly code = 'MUR_EVENT_UNENCODABLE'
  readonly disposition = 'stop'

  constructor(details: { record: string; paths: readonly string[] }) {
    super(`event does not fit schema ${details.record} at ${details.paths.join(', ') || 'its root'}`)
  }
}
