import { PipelineError } from '@murmuration/errors'

/** Every reason for which a signature is refused; bounded, so that it can label a metric. */
export const signatureRejections = [
  'signature-missing',
  'timestamp-missing',
  'signature-malformed',
  'timestamp-malformed',
  'no-key-matches',
  'too-old',
  'in-the-future',
] as const

export type SignatureRejection = (typeof signatureRejections)[number]

const explanations: Readonly<Record<SignatureRejection, string>> = {
  'signature-missing': 'the signature header is missing: the subscription may have no signing key',
  'timestamp-missing': 'the timestamp header is missing',
  'signature-malformed': 'the signature header is not one base64 value of 32 bytes',
  'timestamp-malformed': 'the timestamp header is not Unix seconds in digits',
  'no-key-matches': 'no active key signed these bytes for this URL',
  'too-old': 'the signature holds, but its time is too long ago',
  'in-the-future': 'the signature holds, but its time lies in the future',
}

/**
 * A webhook is not proven to come from Bird; answered 401, and never published. Bird repeats it for hours.
 * Holds neither keys nor signatures nor header values.
 */
export class SignatureRejectedError extends PipelineError {
  readonly code = 'MUR_SIGNATURE_REJECTED'
  readonly disposition = 'dead-letter'
  readonly reason: SignatureRejection

  constructor(details: { reason: SignatureRejection }, options?: ErrorOptions) {
    super(`webhook refused: ${explanations[details.reason]}`, options)
    this.reason = details.reason
  }
}
