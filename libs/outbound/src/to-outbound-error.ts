import { OutboundFailedError, OutboundRefusedError } from './outbound-errors.ts'

/** Wraps what undici, the socket or the lookup threw; a refusal by our own lookup stays what it is. */
export function toOutboundError(error: unknown, host: string): OutboundRefusedError | OutboundFailedError {
  if (error instanceof OutboundRefusedError || error instanceof OutboundFailedError) return error
  return new OutboundFailedError({ host, what: codeOf(error) }, { cause: error })
}

/** Codes such as ECONNREFUSED, ENOTFOUND, UND_ERR_HEADERS_TIMEOUT; messages of others may quote what they read. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
}
