import type { RefusalReason } from '@murmuration/outbound'

/** Why a file can't be had, for good. */
export type UnavailableReason = 'gone' | 'forbidden-host' | 'too-large' | 'refused'

/**
 * What an answer means:
 * - `body`: the file follows
 * - `follow`: a redirect to storage
 * - `ask-again`: storage does not take the presigned URL (expired under way): ask Bird for a fresh one
 * - `gone`, `refused`: the file can't be had, for good
 * - `credentials`: our AccessKey is not valid
 * - `later`: the host fails for now
 */
export type Verdict = 'body' | 'follow' | 'ask-again' | 'gone' | 'refused' | 'credentials' | 'later'

/**
 * Judges the answer of Bird's media host.
 *
 * 403 is `later`: a key without the right to this workspace, which someone may grant, looks like a file that is
 * forbidden for good; retries end in the DLQ, from where the record can be redriven.
 */
export function judgeFirstLeg(answer: { readonly status: number; readonly redirected: boolean }): Verdict {
  if (answer.redirected) return 'follow'
  if (answer.status === 401) return 'credentials'
  if (answer.status === 403) return 'later'
  return judge(answer.status)
}

/** Judges the answer of the storage behind it; it never saw our AccessKey. */
export function judgeSecondLeg(answer: { readonly status: number }): Verdict {
  if (answer.status === 400 || answer.status === 401 || answer.status === 403) return 'ask-again'
  return judge(answer.status)
}

function judge(status: number): Verdict {
  if (status === 200) return 'body'
  if (status === 404 || status === 410) return 'gone'
  const passes = status === 408 || status === 425 || status === 429
  return status >= 400 && status < 500 && !passes ? 'refused' : 'later'
}

/** What the client's refusal of an address makes of the file. */
export function toUnavailableReason(reason: RefusalReason): UnavailableReason {
  return reason === 'bad-url' || reason === 'too-many-redirects' ? 'refused' : 'forbidden-host'
}
