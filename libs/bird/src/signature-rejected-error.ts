import { PipelineError } from '@murmuration/errors'

/** Every reason for which a signature is refused; bounded, so that it can label a metric. */
export const signatureRejections = [
  'signature-missing',
  'timestamp-missing',
  'id-missing',
  'signature-malformed',
  'timestamp-malformed',
  'id-malformed',
  'token-malformed',
  'algorithm-refused',
  'no-key-matches',
  'claims-malformed',
  'wrong-issuer',
  'url-mismatch',
  'payload-mismatch',
  'too-old',
  'expired',
  'in-the-future',
] as const

export type SignatureRejection = (typeof signatureRejections)[number]

const explanations: Readonly<Record<SignatureRejection, string>> = {
  'signature-missing': 'the signature header is missing: the subscription may have no signing key',
  'timestamp-missing': 'the timestamp header is missing',
  'id-missing': 'the webhook-id header is missing',
  'signature-malformed': 'the signature header does not have the form of its scheme, or came twice',
  'timestamp-malformed': 'the timestamp header is not Unix seconds in digits, or came twice',
  'id-malformed': 'the webhook-id header is too long, holds blanks, or came twice',
  'token-malformed': 'the signature header is not one signed token of three parts, or is too long',
  'algorithm-refused': 'the token names no HMAC-SHA2 algorithm',
  'no-key-matches': 'no active key signed these bytes for this URL',
  'claims-malformed': 'the signature holds, but a claim of the token is missing or has the wrong type',
  'wrong-issuer': 'the signature holds, but the token comes from another issuer',
  'url-mismatch': 'the signature holds, but for a URL that is not registered',
  'payload-mismatch': 'the signature holds, but for another body',
  'too-old': 'the signature holds, but its time is too long ago',
  expired: 'the signature holds, but the token has expired',
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
