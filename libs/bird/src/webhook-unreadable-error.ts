import { PipelineError } from '@murmuration/errors'

/** Every reason for which signed bytes can't be read; bounded, so that it can label a metric. */
export const unreadableReasons = ['empty', 'invalid-utf8', 'invalid-json', 'not-an-object', 'too-deep'] as const

export type UnreadableReason = (typeof unreadableReasons)[number]

const explanations: Readonly<Record<UnreadableReason, string>> = {
  empty: 'it holds no bytes',
  'invalid-utf8': 'it is not UTF-8',
  'invalid-json': 'it is not JSON',
  'not-an-object': 'its top level is not an object',
  'too-deep': 'it is nested too deeply',
}

/**
 * A signed body can't be read. The bytes are kept and answered 2xx: Bird would repeat the same ones for hours.
 * Carries no `cause`: JSON.parse quotes the text in its message.
 */
export class WebhookUnreadableError extends PipelineError {
  readonly code = 'MUR_WEBHOOK_UNREADABLE'
  readonly disposition = 'quarantine'
  readonly reason: UnreadableReason

  constructor(details: { reason: UnreadableReason }, options?: ErrorOptions) {
    super(`signed body is unreadable: ${explanations[details.reason]}`, options)
    this.reason = details.reason
  }
}
