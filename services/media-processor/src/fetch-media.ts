import type { Readable } from 'node:stream'
import type { Secret } from '@murmuration/config'
import { assertNever } from '@murmuration/errors'
import {
  type GuardedClient,
  type GuardedResponse,
  OutboundFailedError,
  OutboundRefusedError,
} from '@murmuration/outbound'
import {
  judgeFirstLeg,
  judgeSecondLeg,
  toUnavailableReason,
  type UnavailableReason,
  type Verdict,
} from './judge-answer.ts'
import { MediaCredentialsError, MediaUnavailableError } from './media-errors.ts'
import { parseRetryAfter } from './parse-retry-after.ts'

/** How often Bird is asked for a presigned URL that storage then takes. */
const MAX_ASKS = 3

export type FetchedMedia =
  | { readonly kind: 'body'; readonly body: Readable; readonly contentType: string | null }
  | { readonly kind: 'unavailable'; readonly reason: UnavailableReason }

export interface FetchMediaDeps {
  readonly client: GuardedClient
  readonly accessKey: Secret
  readonly maxBytes: number
  /** Epoch ms. */
  readonly now: () => number
}

/**
 * Fetches one file: Bird's media host with the AccessKey, then the storage that it points to without it.
 *
 * The body is not read yet; it fails with OutboundFailedError when it is cut short.
 * @throws {MediaUnavailableError | MediaCredentialsError} or the signal's reason
 */
export async function fetchMedia(
  url: string,
  input: FetchMediaDeps & { readonly signal: AbortSignal },
): Promise<FetchedMedia> {
  for (let asked = 0; asked < MAX_ASKS; asked += 1) {
    const fetched = await askOnce(url, input)
    if (fetched !== 'ask-again') return fetched
  }
  throw new MediaUnavailableError({ what: 'storage refuses the presigned URLs' })
}

async function askOnce(url: string, input: FetchMediaDeps & { readonly signal: AbortSignal }) {
  const { client, accessKey, signal } = input
  const headers = { authorization: `AccessKey ${accessKey.reveal()}` }
  const first = await client.get(url, { headers, signal }).catch(onFirstLeg)
  if ('kind' in first) return first
  const verdict = judgeFirstLeg(first)
  if (verdict !== 'follow') return toFetched(verdict, first, input)
  const second = await client.followRedirect(first, { signal }).catch(onSecondLeg)
  if ('kind' in second) return second
  return toFetched(judgeSecondLeg(second), second, input)
}

function toFetched(verdict: Verdict, answer: GuardedResponse, input: FetchMediaDeps): FetchedMedia | 'ask-again' {
  if (verdict === 'body') return toBody(answer, input.maxBytes)
  answer.body.destroy()
  switch (verdict) {
    case 'ask-again':
      return 'ask-again'
    case 'gone':
    case 'refused':
      return { kind: 'unavailable', reason: verdict }
    case 'credentials':
      throw new MediaCredentialsError()
    case 'follow':
    case 'later': {
      const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], input.now())
      throw new MediaUnavailableError({ what: `status ${answer.status}`, retryAfterMs })
    }
    default:
      return assertNever(verdict)
  }
}

/** A length that is announced spares the download; one that is not is capped while it is stored. */
function toBody({ body, headers }: GuardedResponse, maxBytes: number): FetchedMedia {
  if (Number(headers['content-length'] ?? 0) <= maxBytes) {
    return { kind: 'body', body, contentType: headers['content-type'] ?? null }
  }
  body.destroy()
  return { kind: 'unavailable', reason: 'too-large' }
}

/**
 * A private address behind a host that the configuration allows by name is the fault of our DNS, not of the file:
 * it must not be written off for it.
 */
function onFirstLeg(error: unknown): FetchedMedia {
  if (error instanceof OutboundRefusedError && error.reason === 'private-address') {
    throw new MediaUnavailableError({ what: 'an allowed host has a private address' }, { cause: error })
  }
  return onSecondLeg(error)
}

function onSecondLeg(error: unknown): FetchedMedia {
  if (error instanceof OutboundRefusedError) return { kind: 'unavailable', reason: toUnavailableReason(error.reason) }
  if (error instanceof OutboundFailedError) throw new MediaUnavailableError({ what: 'network' }, { cause: error })
  throw error
}
