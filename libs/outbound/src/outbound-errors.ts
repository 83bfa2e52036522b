import { PipelineError } from '@murmuration/errors'

/** Why an address is refused; bounded, fit for a label. */
export type RefusalReason = 'bad-url' | 'not-https' | 'host-not-allowed' | 'private-address' | 'too-many-redirects'

const explanations: Readonly<Record<RefusalReason, string>> = {
  'bad-url': 'not a plain http(s) URL',
  'not-https': 'only https is allowed',
  'host-not-allowed': 'the host is not in the allowed hosts',
  'private-address': 'its address is not public',
  'too-many-redirects': 'it redirects too often',
}

/**
 * An address is not allowed; the network was not touched beyond the lookup of its name.
 * Names the host only: paths and query strings of presigned URLs are secrets.
 */
export class OutboundRefusedError extends PipelineError {
  readonly code = 'MUR_OUTBOUND_REFUSED'
  readonly disposition = 'dead-letter'
  readonly reason: RefusalReason
  /** `host` or `host:port`; empty where the URL can't be read. */
  readonly host: string

  constructor(details: { readonly reason: RefusalReason; readonly host: string }, options?: ErrorOptions) {
    super(
      `refused to call ${details.host === '' ? 'an address' : details.host}: ${explanations[details.reason]}`,
      options,
    )
    this.reason = details.reason
    this.host = details.host
  }
}

/**
 * The network failed before the answer was complete: refused, reset, timed out, cut short, name not found, bad
 * certificate. The same call may succeed later.
 */
export class OutboundFailedError extends PipelineError {
  readonly code = 'MUR_OUTBOUND_FAILED'
  readonly disposition = 'retry'
  readonly host: string

  constructor(details: { readonly host: string; readonly what: string }, options?: ErrorOptions) {
    super(`call to ${details.host} failed: ${details.what}`, options)
    this.host = details.host
  }
}
