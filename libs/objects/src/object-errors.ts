import { PipelineError } from '@murmuration/errors'

/** The store itself fails: full, read-only, not permitted, gone. Nothing is wrong with the object. */
export class ObjectStoreFailedError extends PipelineError {
  readonly code = 'MUR_OBJECT_STORE_FAILED'
  readonly disposition = 'wait'
  /** System code such as ENOSPC, where there is one. */
  readonly systemCode: string

  constructor(details: { readonly action: string; readonly systemCode: string }, options?: ErrorOptions) {
    super(`object store cannot ${details.action}: ${details.systemCode}`, options)
    this.systemCode = details.systemCode
  }
}

/**
 * The source holds more than `maxBytes`; nothing was stored. Not part of the taxonomy: whoever sets the cap decides
 * what it means.
 */
export class ObjectTooLargeError extends Error {
  override readonly name = 'ObjectTooLargeError'
  readonly maxBytes: number

  constructor(maxBytes: number) {
    super(`source is larger than ${maxBytes} bytes`)
    this.maxBytes = maxBytes
  }
}

/** No object has this key (any more). Not part of the taxonomy: whoever asks decides what it means. */
export class ObjectMissingError extends Error {
  override readonly name = 'ObjectMissingError'

  constructor(objectKey: string) {
    super(`no object ${objectKey}`)
  }
}
