/** One file that the media host serves. */
export type HostedMedia = HostedBytes | HostedStream

interface HostedBytes {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** A large body that is made while it is sent. */
interface HostedStream {
  readonly contentType: string
  /** Bytes in all. */
  readonly size: number
  readonly chunks: () => Iterable<Uint8Array>
}

/** `bird` is the first leg (AccessKey), `storage` the second (presigned URL). */
export type MediaLeg = 'bird' | 'storage'

/**
 * What goes wrong:
 * - `status`: answers with it, and with `Retry-After` where given (seconds, or a date)
 * - `redirect`: the first leg points elsewhere than to storage
 * - `no-location`: a 302 that names no target
 * - `slow`: the body comes in small chunks with a pause between them
 * - `stall`: half the body, then silence until the client gives up or the host closes
 * - `reset`: half the body, then RST
 * - `short`: half the body, then the connection ends, against its content-length
 * - `unsized`: no content-length, chunked
 */
export type MediaFault =
  | { readonly leg: MediaLeg; readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly leg: 'bird'; readonly kind: 'redirect'; readonly to: string }
  | { readonly leg: 'bird'; readonly kind: 'no-location' }
  | { readonly leg: 'storage'; readonly kind: 'slow'; readonly pauseMs: number }
  | { readonly leg: 'storage'; readonly kind: 'stall' | 'reset' | 'short' | 'unsized' }

/** One answered request; holds no key, no signature and no query string. */
export interface LoggedRequest {
  readonly leg: MediaLeg
  readonly path: string
  /** Whether an `Authorization` header came, and whether it was the right one. */
  readonly authorization: 'none' | 'right' | 'wrong'
  /** Whether a cookie came. */
  readonly cookie: boolean
  readonly status: number
}

export interface BirdMediaHost {
  /** Origin of the first leg, `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Origin of the storage behind it, another port. */
  readonly storageUrl: string
  /** In order of arrival. */
  requests(): readonly LoggedRequest[]
  /** Resolves once that many requests have been answered in all; a stalled body counts from its start. */
  answered(count: number): Promise<void>
  /** Makes the next `times` requests for a path fail on the fault's leg (default: all of them). */
  setFault(path: string, fault: MediaFault, options?: { readonly times: number }): void
  /** Ends the faults of a path. */
  clearFaults(path: string): void
  /** The medium of a path has expired: storage answers 410 from now on. */
  expire(path: string): void
  /** How long presigned URLs hold, milliseconds; negative: they have expired when they are given. */
  setPresignedLife(ms: number): void
  close(): Promise<void>
}
