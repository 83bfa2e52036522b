import { PassThrough, type Readable } from 'node:stream'
import { toOutboundError } from './to-outbound-error.ts'

/**
 * The same bytes with our errors: what breaks the body off reaches the reader as an OutboundFailedError. Destroying
 * the result breaks the download off; back-pressure passes through.
 */
export function toGuardedBody(body: Readable, host: string): Readable {
  const guarded = new PassThrough()
  body.once('error', (error) => guarded.destroy(toOutboundError(error, host)))
  // Late errors of a body that nobody reads any more, such as the abort that our own destroy causes.
  body.on('error', () => undefined)
  // A response that is dropped unread (a redirect) must not raise an unhandled error either.
  guarded.on('error', () => undefined)
  guarded.once('close', () => body.destroy())
  return body.pipe(guarded)
}
