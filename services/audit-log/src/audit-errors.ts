import { PipelineError } from '@murmuration/errors'

/** Thrown when the trail can't be read or appended to: the service stops in front of the record. */
export class AuditAppendFailedError extends PipelineError {
  readonly code = 'MUR_AUDIT_APPEND_FAILED'
  readonly disposition = 'stop'

  constructor(details: { file: string }, options?: ErrorOptions) {
    super(`the audit trail ${details.file} can't be appended to`, options)
  }
}
