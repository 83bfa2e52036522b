import { type ObjectStore, ObjectTooLargeError } from '@murmuration/objects'
import { OutboundFailedError } from '@murmuration/outbound'
import { type FetchMediaDeps, fetchMedia } from './fetch-media.ts'
import type { UnavailableReason } from './judge-answer.ts'
import { MediaUnavailableError } from './media-errors.ts'

/** What became of one file; both are a normal end. */
export type AcquiredMedia =
  | {
      readonly kind: 'stored'
      readonly sha256: string
      readonly bytes: number
      readonly objectKey: string
      readonly contentType: string | null
    }
  | { readonly kind: 'unavailable'; readonly reason: UnavailableReason }

export interface AcquireMediaDeps extends FetchMediaDeps {
  readonly store: ObjectStore
  /** A signal that aborts when one file has taken too long; asked for once per file. */
  readonly deadline: () => AbortSignal
}

/**
 * Fetches one file and stores it, streaming. A body that is cut short leaves nothing behind.
 *
 * @throws {MediaUnavailableError | MediaCredentialsError | ObjectStoreFailedError} or the signal's reason
 */
export async function acquireMedia(
  url: string,
  input: AcquireMediaDeps & { readonly signal: AbortSignal },
): Promise<AcquiredMedia> {
  const { signal, store, maxBytes } = input
  const deadline = input.deadline()
  const either = AbortSignal.any([signal, deadline])
  try {
    const fetched = await fetchMedia(url, { ...input, signal: either })
    if (fetched.kind === 'unavailable') return fetched
    const { sha256, bytes, objectKey } = await store.put(fetched.body, { maxBytes, signal: either })
    return { kind: 'stored', sha256, bytes, objectKey, contentType: fetched.contentType }
  } catch (error) {
    signal.throwIfAborted()
    if (deadline.aborted) throw new MediaUnavailableError({ what: 'it took too long' }, { cause: error })
    if (error instanceof ObjectTooLargeError) return { kind: 'unavailable', reason: 'too-large' }
    if (error instanceof OutboundFailedError) throw new MediaUnavailableError({ what: 'cut short' }, { cause: error })
    throw error
  }
}
