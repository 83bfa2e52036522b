import { PipelineError } from '@murmuration/errors'

/** Bird's media host, or the storage behind it, fails for now; the same file may be had later. */
export class MediaUnavailableError extends PipelineError {
  readonly code = 'MUR_MEDIA_UNAVAILABLE'
  readonly disposition = 'retry'
  /** `Retry-After`, where the host sent one. */
  readonly retryAfterMs: number | undefined

  constructor(details: { readonly what: string; readonly retryAfterMs?: number | undefined }, options?: ErrorOptions) {
    super(`media can't be fetched now: ${details.what}`, options)
    this.retryAfterMs = details.retryAfterMs
  }
}

/** Bird's media host refuses our AccessKey (401). Every file would fail, so nothing moves until the key is valid. */
export class MediaCredentialsError extends PipelineError {
  readonly code = 'MUR_MEDIA_CREDENTIALS'
  readonly disposition = 'wait'

  constructor() {
    super('the media host refuses our AccessKey')
  }
}
