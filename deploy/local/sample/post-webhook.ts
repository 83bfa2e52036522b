import { setTimeout as sleep } from 'node:timers/promises'
import { signBirdCrm } from '@murmuration/bird'
import type { SampleStep } from './conversation.ts'

/** Where the sample posts, and what signs it. */
export interface SampleTarget {
  /** Where the ingress listens, with the source's path. */
  readonly postUrl: string
  /** The URL that is signed. */
  readonly publicUrl: string
  readonly signingKey: string
}

/** What the ingress answered. */
export interface SampleAnswer {
  readonly status: number
  readonly result: string | undefined
  readonly rawRef: string | undefined
  readonly eventIds: readonly string[]
  /** When the POST that was answered began, epoch ms. */
  readonly sentAtMs: number
  /** How long the answer took, ms. */
  readonly tookMs: number
  /** Earlier POSTs that got no answer or a 5xx. */
  readonly repeats: number
}

/**
 * Posts one webhook as Bird does: what is not answered, or answered 5xx, is sent again with the same signature.
 *
 * @throws when the signal is aborted
 */
export async function postWebhook(step: SampleStep, target: SampleTarget, signal: AbortSignal): Promise<SampleAnswer> {
  const request = toRequest(step, target)
  for (let repeats = 0; ; repeats += 1) {
    const sentAtMs = Date.now()
    const response = await fetch(target.postUrl, {
      ...request,
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
      .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
      .catch(() => undefined)
    signal.throwIfAborted()
    if (response !== undefined && response.status < 500) {
      return {
        ...parseAnswer(response.text),
        status: response.status,
        sentAtMs,
        tookMs: Date.now() - sentAtMs,
        repeats,
      }
    }
    await sleep(Math.min(250 * 2 ** repeats, 2_000), undefined, { signal })
  }
}

function toRequest(step: SampleStep, target: SampleTarget) {
  const rawBody = Buffer.from(JSON.stringify(step.body))
  const timestamp = String(Math.floor(step.signedAtMs / 1_000))
  const signed = signBirdCrm({ key: target.signingKey, timestamp, url: target.publicUrl, rawBody })
  const headers = { 'content-type': 'application/json', ...(step.signing === 'unsigned' ? {} : signed) }
  const body = step.signing === 'tampered' ? Buffer.concat([rawBody, Buffer.from(' ')]) : rawBody
  return { method: 'POST', headers, body }
}

function parseAnswer(text: string): Pick<SampleAnswer, 'result' | 'rawRef' | 'eventIds'> {
  const answer = JSON.parse(text) as { result?: string; rawRef?: string; eventIds?: string[] }
  return { result: answer.result, rawRef: answer.rawRef, eventIds: answer.eventIds ?? [] }
}
