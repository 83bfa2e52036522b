import { type Disposition, type ErrorCode, errorCodes, PipelineError } from '@murmuration/errors'

/** An error of the taxonomy with the disposition that a test asks for. */
export class ChosenError extends PipelineError {
  readonly code: ErrorCode
  readonly disposition: Disposition
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, details: { readonly retryAfterMs?: number } = {}) {
    super(`chosen ${code}`)
    this.code = code
    this.disposition = errorCodes[code].disposition
    this.retryAfterMs = details.retryAfterMs
  }
}
